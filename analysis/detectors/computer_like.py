"""A gadget that begins to behave like a computer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from analysis.alerts import Finding, Severity, Subject
from analysis.config_types import Port, Span
from analysis.detector import Detector, FlowKind, SessionKind
from analysis.detectors.lateral_movement import THINGS, with_article
from analysis.ends import shown, subject_of
from analysis.events import FlowAnswered, HttpRequest, SessionSeen
from analysis.window import DistinctWindow

_BROWSER = re.compile(
    r"Mozilla/5\.0 \((?:Windows NT|Macintosh|X11)[^)]*\).*(?:Chrome|Firefox|Safari|Edg)/", re.I
)
"""A browser of a desktop computer, as all of them call themselves."""
REMEMBER = 3600.0
"""Seconds for which what a device is, is not asked again."""


@dataclass
class ComputerLike(Detector):
    """A camera, plug, lamp, printer or the like does what only computers do: it surfs with a browser, opens
    SSH connections, or talks to very many different servers.

    Such gadgets do one thing all their lives. Who makes one do more is mostly an intruder.
    """

    id = "computer-like"
    title = "A gadget behaves like a computer"
    severity = Severity.HIGH
    cooldown_minutes = 1440.0

    servers: int = 60
    """Different servers outside the home that answered within `minutes`. Source: own choice; the busiest
    of 27 kinds of gadgets in the IoT Sentinel captures (Miettinen et al., ICDCS 2017) reaches below 20
    while it is set up."""

    minutes: Span = 60.0
    """The time in which they are counted. Source: own choice."""
    left_out: tuple[Port, ...] = (53, 123)
    """Ports whose servers do not count: names and clocks. Source: IANA's registry."""

    def __post_init__(self) -> None:
        self._servers = DistinctWindow(self.minutes * 60, max_values=max(self.servers, 1))
        self._things: dict[str, tuple[float, str | None]] = {}

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return flow.client_home and not flow.server_home and flow.port not in self.left_out

    def on_flow_answered(self, event: FlowAnswered) -> Iterable[Finding]:
        flow = event.flow
        mac = flow.client_mac
        if flow.server_home or mac is None or not flow.client_home or flow.port in self.left_out:
            return ()
        kind = self._thing(mac, event.ts)
        if kind is None or self._servers.add(mac, flow.server_ip, event.ts) < self.servers:
            return ()
        self._servers.forget(mac)
        did = f"talked to {self.servers} different servers within {self.minutes:g} minutes"
        return (self._finding(event.ts, self.subject(flow), kind, "servers", did, servers=self.servers),)

    def concerns_session(self, session: SessionKind) -> bool:
        return session.service == "ssh" and session.client_home

    def on_session_seen(self, event: SessionSeen) -> Iterable[Finding]:
        if event.service != "ssh":
            return ()
        flow = event.flow
        if not flow.client_home or flow.client_mac is None:
            return ()
        kind = self._thing(flow.client_mac, event.ts)
        if kind is None:
            return ()
        subject = self.subject(flow)
        did = f"opened an SSH connection to {subject.peer}"
        return (self._finding(event.ts, subject, kind, "ssh", did),)

    def on_http_request(self, event: HttpRequest) -> Iterable[Finding]:
        agent, mac = event.user_agent, event.client_mac
        if not agent or mac is None or not agent.startswith("Mozilla") or not _BROWSER.match(agent):
            return ()
        kind = self._thing(mac, event.ts)
        if kind is None or not self.known.is_home(event.client_ip):
            return ()
        subject = subject_of(self.known, event, event.port, "tcp", mac)
        did = f"surfed to {event.host or event.server_ip} with a computer's browser"
        return (self._finding(event.ts, subject, kind, "browser", did, user_agent=agent),)

    def _thing(self, mac: str, ts: float) -> str | None:
        """What gadget this is. A person's word counts; else the first clear answer stays: what it does
        later must not talk us out of it."""
        said = self.known.kind_said(mac)
        if said is not None:
            return said if said in THINGS else None
        asked = self._things.get(mac)
        if asked is None or (asked[1] is None and ts - asked[0] > REMEMBER / 60):
            kind = None if self.known.is_router(mac) else self.known.kind_of(mac)
            if len(self._things) >= 4096:
                self._things.clear()
            asked = self._things[mac] = (ts, kind if kind in THINGS else None)
        return asked[1]

    def _finding(self, ts: float, subject: Subject, kind: str, what: str, did: str, **more: Any) -> Finding:
        device, _ = shown(self.known, subject)
        named = device if kind in device.lower() else f"{device}, {with_article(kind)},"
        evidence: dict[str, Any] = {"kind": kind, "behaviour": what, **more}
        if what == "servers":
            evidence["threshold"] = self.servers
        return self.finding(
            ts, subject, subject.device_mac or subject.device_ip, what,
            title=f"{named} {did}",
            why=f"{with_article(kind).capitalize()} does one thing all its life, and this is not it. "
            "Intruders who have taken a gadget over use it like a computer.",
            advice=f"If {device} is really a computer, mark this as expected for it. If not, disconnect "
            "it, reset it, update its firmware and give it a new password.",
            **evidence,
        )  # fmt: skip
