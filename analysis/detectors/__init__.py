"""The rules, one file each. A new rule is a new file and one entry here."""

from analysis.detector import Detector
from analysis.detectors.arp_scan import ArpScan
from analysis.detectors.beacon import Beacon
from analysis.detectors.blocklisted_address import BlocklistedAddress
from analysis.detectors.blocklisted_name import BlocklistedName
from analysis.detectors.insecure_protocol import InsecureProtocol
from analysis.detectors.new_connection import NewConnection
from analysis.detectors.new_device import NewDeviceSeen
from analysis.detectors.port_scan import PortScan
from analysis.detectors.suspicious_port import SuspiciousPort

ALL: tuple[type[Detector], ...] = (
    InsecureProtocol,
    BlocklistedName,
    BlocklistedAddress,
    PortScan,
    SuspiciousPort,
    NewConnection,
    ArpScan,
    NewDeviceSeen,
    Beacon,
)
"""In the order in which they see an event: what is serious first, so that it is not learned as usual."""
