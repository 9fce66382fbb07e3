"""What a detector says: severities and findings. The store turns findings into incidents."""

from enum import IntEnum
from typing import Any, NamedTuple, TypeVar

Value = TypeVar("Value", str, int)


class Severity(IntEnum):
    """The user's three severities, ordered: a larger value is worse."""

    NORMAL = 0
    HIGH = 1
    CRITICAL = 2


LASTING = frozenset({"answered", "connected", "login_seen"})
"""Evidence that, once true in an incident, no later finding without it puts out of sight."""


class Subject(NamedTuple):
    """Whom an incident is about, and whom they talked to.

    In an incident about a connection the device is the originator and the peer the responder,
    unless only the responder is at home: then the responder is the device.
    """

    device_mac: str | None = None
    device_ip: str | None = None
    peer_ip: str | None = None
    peer_name: str | None = None
    port: int | None = None
    """The responder's port."""
    proto: str | None = None
    """Lower case: "tcp", "udp", "icmp"."""

    def joined(self, later: "Subject", told: bool) -> "Subject":
        """Whom an incident is about after a `later` finding, whose words it takes if `told`: the device that
        was named first, at its latest address, and the peer of the words. What they leave open comes from
        the other finding; a name never goes to an address that bore another, nor to one that bore none."""
        words, others = (later, self) if told else (self, later)
        same_ip = words.peer_ip is None or others.peer_ip in (None, words.peer_ip)
        same_name = words.peer_name is None or others.peer_name in (None, words.peer_name)
        peer = others if same_ip and same_name else words
        return Subject(
            _known(self.device_mac, later.device_mac),
            _known(later.device_ip, self.device_ip),
            _known(words.peer_ip, peer.peer_ip),
            _known(words.peer_name, peer.peer_name),
            _known(words.port, others.port),
            _known(words.proto, others.proto),
        )


def _known(first: Value | None, second: Value | None) -> Value | None:
    return second if first is None else first


class Finding(NamedTuple):
    """One occurrence of what a detector looks for. Findings with the same key within the rule's
    cooldown are one incident with a count."""

    ts: float
    """Packet time, seconds since the epoch."""
    rule: str
    severity: Severity
    key: str
    """What makes two findings the same incident: rule, device, peer or service."""
    subject: Subject
    title: str
    """What happened, one sentence in plain words."""
    why: str
    """Why it matters, for somebody who is not an engineer."""
    evidence: dict[str, Any]
    """Values against thresholds; JSON types only; never credentials or payload."""
    advice: str
    """What to do about it."""
    times: int = 1

    @property
    def strength(self) -> tuple[int, int]:
        """How much it says: an incident has the words of its strongest finding, the latest of equals."""
        return strength(self.severity, self.evidence)


def strength(severity: int, evidence: dict[str, Any]) -> tuple[int, int]:
    """The severity, and how many of the `LASTING` facts were seen. Of a finding, or of a stored incident."""
    return int(severity), sum(evidence.get(fact) is True for fact in LASTING)
