"""What a detector says: severities and findings. The store turns findings into incidents."""

from enum import IntEnum
from typing import Any, NamedTuple

Pair = tuple[str | None, str | None]


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
    unsure: bool = False
    """The peer's name may be a pretence or an old one: nothing but the device's own words, or at home
    nothing but DNS, says it."""

    @property
    def peer(self) -> str:
        """The peer as a sentence names it: with the address where the name is unsure."""
        if self.unsure and self.peer_name and self.peer_ip:
            return f"{self.peer_name} ({self.peer_ip})"
        return self.peer_name or self.peer_ip or "somebody"

    def joined(self, later: "Subject", told: bool) -> "Subject":
        """Whom an incident is about after a `later` finding, whose words it takes if `told`: whom the words
        are about. A MAC, name or address that they do not know comes from the other finding, if that is about
        the same device or peer."""
        words, others = (later, self) if told else (self, later)
        mac, ip = _pair(words[:2], others[:2])
        peer_ip, peer_name = _pair(words[2:4], others[2:4])
        return Subject(mac, ip, peer_ip, peer_name, words.port, words.proto)


def _pair(words: Pair, others: Pair) -> Pair:
    """A pair that belongs together, completed by one that has one of the two in common and no other."""
    common = [a is not None and a == b for a, b in zip(words, others, strict=True)]
    return others if any(common) and None in words else words


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
