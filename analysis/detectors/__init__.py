"""The rules, one file each. A new rule is a new file and one entry here."""

from analysis.detector import Detector
from analysis.detectors.arp_scan import ArpScan
from analysis.detectors.arp_spoof import ArpSpoof
from analysis.detectors.bad_certificate import BadCertificate
from analysis.detectors.beacon import Beacon
from analysis.detectors.blocklisted_address import BlocklistedAddress
from analysis.detectors.blocklisted_name import BlocklistedName
from analysis.detectors.clear_credentials import ClearCredentials
from analysis.detectors.computer_like import ComputerLike
from analysis.detectors.dga import Dga
from analysis.detectors.dns_bypass import DnsBypass
from analysis.detectors.dns_change import DnsChange
from analysis.detectors.dns_tunnel import DnsTunnel
from analysis.detectors.exposed_service import ExposedService
from analysis.detectors.fan_out import FanOut
from analysis.detectors.flood import Flood
from analysis.detectors.foreign_port import ForeignPort
from analysis.detectors.gateway_change import GatewayChange
from analysis.detectors.icmp_tunnel import IcmpTunnel
from analysis.detectors.insecure_protocol import InsecureProtocol
from analysis.detectors.lateral_movement import LateralMovement
from analysis.detectors.listed_tls import ListedTls
from analysis.detectors.long_connection import LongConnection
from analysis.detectors.neighbor_spoof import NeighborSpoof
from analysis.detectors.new_connection import NewConnection
from analysis.detectors.new_device import NewDeviceSeen
from analysis.detectors.old_tls import OldTls
from analysis.detectors.password_guessing import PasswordGuessing
from analysis.detectors.port_opened import PortOpened
from analysis.detectors.port_scan import PortScan
from analysis.detectors.rogue_dhcp import RogueDhcp
from analysis.detectors.rogue_ra import RogueRa
from analysis.detectors.suspicious_port import SuspiciousPort
from analysis.detectors.unresolved_sni import UnresolvedSni
from analysis.detectors.upload_volume import UploadVolume
from analysis.detectors.user_agent import NewUserAgent

ALL: tuple[type[Detector], ...] = (
    InsecureProtocol,
    BlocklistedName,
    BlocklistedAddress,
    Flood,
    ArpSpoof,
    GatewayChange,
    RogueDhcp,
    RogueRa,
    DnsTunnel,
    Dga,
    DnsChange,
    IcmpTunnel,
    NeighborSpoof,
    PortScan,
    SuspiciousPort,
    DnsBypass,
    PasswordGuessing,
    ClearCredentials,
    ForeignPort,
    ComputerLike,
    LateralMovement,
    ExposedService,
    PortOpened,
    ListedTls,
    BadCertificate,
    UnresolvedSni,
    OldTls,
    NewConnection,
    ArpScan,
    NewDeviceSeen,
    Beacon,
    UploadVolume,
    FanOut,
    LongConnection,
    NewUserAgent,
)
"""In the order in which they see an event: what is serious first, so that it is not learned as usual."""
