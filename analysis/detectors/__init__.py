"""The rules, one file each. A new rule is a new file and one entry here."""

from analysis.detector import Detector
from analysis.detectors.arp_scan import ArpScan
from analysis.detectors.arp_spoof import ArpSpoof
from analysis.detectors.beacon import Beacon
from analysis.detectors.blocklisted_address import BlocklistedAddress
from analysis.detectors.blocklisted_name import BlocklistedName
from analysis.detectors.flood import Flood
from analysis.detectors.gateway_change import GatewayChange
from analysis.detectors.insecure_protocol import InsecureProtocol
from analysis.detectors.long_connection import LongConnection
from analysis.detectors.new_connection import NewConnection
from analysis.detectors.new_device import NewDeviceSeen
from analysis.detectors.port_scan import PortScan
from analysis.detectors.rogue_dhcp import RogueDhcp
from analysis.detectors.rogue_ra import RogueRa
from analysis.detectors.suspicious_port import SuspiciousPort
from analysis.detectors.upload_volume import UploadVolume

ALL: tuple[type[Detector], ...] = (
    InsecureProtocol,
    BlocklistedName,
    BlocklistedAddress,
    Flood,
    ArpSpoof,
    GatewayChange,
    RogueDhcp,
    RogueRa,
    PortScan,
    SuspiciousPort,
    NewConnection,
    ArpScan,
    NewDeviceSeen,
    Beacon,
    UploadVolume,
    LongConnection,
)
"""In the order in which they see an event: what is serious first, so that it is not learned as usual."""
