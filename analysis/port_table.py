"""The default table of the suspicious-port rule."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PortEntry:
    """A line of the table: ports of one service, what it is, and why one should know."""

    ports: tuple[int, ...]
    name: str
    category: Literal["remote-access", "malware", "lateral-movement"]
    why: str
    protos: tuple[Literal["tcp", "udp"], ...] = ("tcp",)

    def __post_init__(self) -> None:
        if bad := [port for port in self.ports if not 0 < port < 65_536]:
            raise ValueError(f"port {bad[0]} is not between 1 and 65535")


def _remote(ports: tuple[int, ...], name: str, *protos: Literal["tcp", "udp"]) -> PortEntry:
    why = f"{name} controls a computer from afar, and this connection leaves your home."
    return PortEntry(ports, name, "remote-access", why, protos or ("tcp",))


def _malware(ports: tuple[int, ...], name: str, why: str) -> PortEntry:
    return PortEntry(ports, name, "malware", why)


def _lateral(ports: tuple[int, ...], name: str, why: str) -> PortEntry:
    return PortEntry(ports, name, "lateral-movement", why)


DEFAULT_PORTS: tuple[PortEntry, ...] = (
    _remote((22, 2222), "SSH"),
    _remote((3389,), "Remote Desktop (RDP)", "tcp", "udp"),
    _remote((5900, 5901, 5902, 5903), "VNC"),
    _remote((5938,), "TeamViewer", "tcp", "udp"),
    _remote((6568, 7070), "AnyDesk"),
    _remote((21115, 21116, 21117, 21118, 21119), "RustDesk"),
    _remote((4899,), "Radmin"),
    _remote((5631,), "pcAnywhere"),
    _remote((6129,), "DameWare"),
    _malware(
        (4444,), "Metasploit", "The attack tool Metasploit lets broken-into computers call back on 4444."
    ),
    _malware(
        (1337, 31337), "backdoor", "Back Orifice and many later backdoors listen on this 'elite' number."
    ),
    _malware((12345, 20034), "NetBus", "The remote-control Trojan NetBus listens here."),
    _malware((27374,), "SubSeven", "The remote-control Trojan SubSeven listens here."),
    _malware((54321,), "backdoor", "Back Orifice 2000 and several Trojans listen here."),
    _malware(
        (6666, 6667, 6668, 6669), "IRC", "Botnets take their orders over Internet Relay Chat on this port."
    ),
    _malware((1604,), "DarkComet", "The remote-control Trojan DarkComet calls home on this port."),
    _malware((5552, 1177), "njRAT", "The remote-control Trojan njRAT calls home on this port."),
    _malware((4782,), "Quasar", "The remote-control tool Quasar, often misused, calls home on this port."),
    _malware((6606, 7707, 8808), "AsyncRAT", "The remote-control Trojan AsyncRAT calls home on this port."),
    _malware((50050,), "Cobalt Strike", "Intruders steer the attack tool Cobalt Strike through this port."),
    _lateral((139, 445), "SMB file sharing", "Worms such as WannaCry spread over Windows file sharing."),
    _lateral((135,), "Windows RPC", "Worms such as Blaster spread over Windows remote procedure calls."),
    _lateral((5985, 5986), "WinRM", "Intruders run commands on Windows computers through WinRM."),
    _lateral(
        (5555,), "Android debugging", "Botnets spread to televisions and phones over open Android debugging."
    ),
    _lateral((2323,), "Telnet, second port", "Mirai and its kin look for cameras and routers here."),
    _lateral(
        (37215, 52869), "router exploits", "Botnets such as Satori break into routers through this port."
    ),
    _lateral((1433,), "Microsoft SQL Server", "Worms guess database passwords here."),
    _lateral((6379,), "Redis", "Botnets break into open Redis databases here."),
)
