"""Base class of every detector: metadata, options as fields, handlers named after events."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, Protocol, get_args

from analysis import events
from analysis.alerts import Finding, Severity, Subject
from analysis.ends import peer_of

if TYPE_CHECKING:
    from analysis.baseline import Baseline
    from analysis.blocklist import Match
    from analysis.gateway import Gateway
    from analysis.store.rows import DeviceKey
    from analysis.volumes import Volumes


CountOrZero = Annotated[int, "or 0"]
"""An option that counts and of which 0 means something; of others it would mean "always"."""


def handler_name(event: type) -> str:
    """`FlowStart` is handled by `on_flow_start`."""
    return "on_" + re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()


HANDLERS: dict[str, type] = {handler_name(kind): kind for kind in get_args(events.Event)}


class FlowKind(NamedTuple):
    """What a conversation is like, whoever takes part in it: the last fields of `events.Flow`. A home has
    some hundred kinds, and thousands of conversations of each."""

    port: int
    proto: str
    client_home: bool
    server_home: bool
    group: bool

    @classmethod
    def of(cls, flow: events.Flow) -> "FlowKind":
        return cls(flow.port, flow.proto, flow.client_home, flow.server_home, flow.group)


KIND = slice(events.Flow._fields.index("port"), None)
"""Where a flow has its kind: `flow[KIND]` equals the `FlowKind` and costs a quarter of making one."""


class SessionKind(NamedTuple):
    """What a conversation is like whose content was looked at: the last fields of `events.SessionSeen`, then
    those of its `FlowKind`."""

    service: str | None
    login: bool
    text: bool
    port: int
    proto: str
    client_home: bool
    server_home: bool
    group: bool

    @classmethod
    def of(cls, session: events.SessionSeen) -> "SessionKind":
        return cls(session.service, session.login, session.text, *FlowKind.of(session.flow))


SAID = slice(events.SessionSeen._fields.index("service"), None)
"""Where a session has what its content is."""


class NewDevice(NamedTuple):
    """A device that no run has seen before, told once its name is known or the wait is over."""

    mac: str
    ip: str | None
    name: str | None
    vendor: str | None
    randomised: bool
    kind: str | None
    first_seen: float


class Known(Protocol):
    """What a detector may ask about the home. Answers come from memory, never from the database."""

    baseline: "Baseline"
    """What is usual for each device."""

    volumes: "Volumes"
    """What each device sends out of the home in an hour."""
    places: "Volumes"
    """To how many different places outside each device talks in an hour."""
    gateway: "Gateway"
    """The home's own router and resolvers."""

    def device_key(self, mac: str | None) -> "DeviceKey | None":
        """The key of a device; None for routers, loopback and MACs never seen."""

    def new_devices(self, now: float) -> "list[NewDevice]":
        """Devices new over all runs, each told once: when it has a name, or a minute after it came."""

    def note_scan(self, ip: str, target: str | int, ts: float) -> None:
        """Remember that `ip` is scanning a host (its address) or, of many hosts, a port (its number),
        so that other rules do not count the probes again."""

    def is_scanning(self, ip: str, target: str | int, ts: float) -> bool:
        """Whether `ip` was scanning this host or this port within the last five minutes."""

    def device_of(self, ip: str) -> str | None:
        """The MAC of the home device that last used this address."""

    def addresses_of(self, mac: str) -> "tuple[str, ...]":
        """The addresses that this device used, over all runs; the newest last."""

    def device_name(self, mac: str | None, ip: str | None) -> str | None:
        """What a person calls a device, else what it calls itself: DHCP, mDNS, NBNS."""

    def display_name(self, mac: str | None, ip: str | None) -> str:
        """The best name for a device, in this order: a person's, DHCP, mDNS, NBNS, vendor, address."""

    def peer_name(self, ip: str, client_ip: str | None = None) -> str | None:
        """The name by which an address was last reached: as DNS told this client, else as the client itself
        said (TLS, HTTP), else as DNS told anybody."""

    def is_claimed(self, ip: str, client_ip: str) -> bool:
        """Whether `peer_name` is only what this client itself said."""

    def service_of(self, ip: str, client_ip: str | None = None) -> str | None:
        """The registrable domain of `peer_name`; None where only the client says so, and looks its names up
        in the clear otherwise."""

    def is_home(self, ip: str) -> bool:
        """Whether an address belongs to the home networks."""

    def first_seen(self, mac: str) -> float | None:
        """When this device was first seen, over all runs."""

    def last_seen(self, mac: str) -> float | None:
        """When this MAC last sent a packet; up to ten seconds too late."""

    def is_router(self, mac: str) -> bool:
        """Whether this MAC forwards other hosts' packets."""

    def kind_of(self, mac: str) -> str | None:
        """What a device is ("camera", "printer", "plug"...): a person's word, else where that is clear."""

    def kind_said(self, mac: str) -> str | None:
        """What a person said that a device is; None where nobody did."""

    def user_agents(self, mac: str) -> dict[str, float]:
        """The programs that a device named in HTTP (clues as `user_agents.Agent.read` takes them), each with
        the time it was first seen, over all runs; a request being handled is noted already."""

    def blocked_name(self, name: str) -> "Match | None":
        """The blocklist entry that covers a name, by label suffix."""

    def blocked_address(self, ip: str) -> "Match | None":
        """The address list that holds an address."""


@dataclass
class Detector:
    """One rule. Subclass as a dataclass in a file of its own under `analysis/detectors/`.

    The class docstring says in plain words what the rule means. Fields are its options; each has a
    default and a docstring below it that ends with the default's source. Methods named
    `on_<event>` receive the events of `analysis/events.py` and return findings; `on_tick(now)` is called
    about once a second of packet time. All state is bounded. A rule that only certain kinds of conversation
    can concern says so in `concerns` and `concerns_session`, and is not called for the others.
    """

    id: ClassVar[str] = ""
    title: ClassVar[str] = ""
    severity: ClassVar[Severity]
    """The default; config.yaml may set another."""
    cooldown_minutes: ClassVar[float] = 60.0
    """How long a further finding with the same key counts as the same incident."""
    yields: ClassVar[bool] = False
    """A graver finding about the same connection, told in the same moment, takes the place of this rule's."""
    known: ClassVar[Known]
    """Set on the instance by the pipeline before the first event."""

    handlers: ClassVar[dict[type, str]] = {}

    def __init_subclass__(cls) -> None:
        missing = [n for n in ("id", "title", "severity", "__doc__") if not str(cls.__dict__.get(n, ""))]
        if missing:
            raise TypeError(f"{cls.__name__} needs {', '.join(missing)}")
        names = [n for n in cls.__dict__ if n.startswith("on_") and n != "on_tick"]
        if unknown := [n for n in names if n not in HANDLERS]:
            raise TypeError(f"{cls.__name__}.{unknown[0]}: no such event in analysis/events.py")
        cls.handlers = {HANDLERS[n]: n for n in names}

    def concerns(self, event: type, flow: FlowKind) -> bool:
        """Whether the handler of `event` (FlowStart, FlowAnswered, FlowActive or FlowEnd) could find or
        remember anything about a conversation of this kind. Asked once for each, so the answer may depend on
        the arguments and the options only. False must be certain; True costs no more than time."""
        return True

    def concerns_session(self, session: SessionKind) -> bool:
        """The same of the handler of SessionSeen, and of a conversation whose content is of this kind."""
        return True

    def on_tick(self, now: float) -> Iterable[Finding]:
        """Expire state and raise what is overdue; `now` is packet time."""
        return ()

    def subject(self, flow: events.Flow) -> Subject:
        """The device is the originator and the peer the responder, unless only the responder is at home."""
        known = self.known
        client, server = (flow.client_mac, flow.client_ip), (flow.server_mac, flow.server_ip)
        inward = flow.server_home and not flow.client_home
        (mac, ip), (peer_mac, peer_ip) = (server, client) if inward else (client, server)
        name, unsure = peer_of(known, peer_ip, ip, peer_mac, inside=flow.client_home and flow.server_home)
        if mac is None or known.is_router(mac):
            mac = known.device_of(ip)
        return Subject(mac, ip, peer_ip, name, flow.port or None, flow.proto, unsure)

    def finding(
        self,
        ts: float,
        subject: Subject,
        *key: object,
        title: str,
        why: str,
        advice: str,
        severity: Severity | None = None,
        times: int = 1,
        **evidence: Any,
    ) -> Finding:
        """A finding of this rule; `key` is what makes it the same incident as another."""
        return Finding(
            ts, self.id, self.severity if severity is None else severity,
            "|".join((self.id, *map(str, key))), subject, title, why, evidence, advice, times,
        )  # fmt: skip
