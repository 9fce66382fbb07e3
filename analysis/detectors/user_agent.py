"""A gadget's web requests come from a program that it never used before."""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity, Subject
from analysis.detector import Detector
from analysis.events import HttpRequest
from analysis.user_agents import TOOLS, Agent, agent_of

PEOPLES = frozenset({None, "phone", "tablet", "phone or tablet", "computer", "watch"})
"""Kinds on which people install programs every week; and of what is unknown nothing is unusual."""


@dataclass
class NewUserAgent(Detector):
    """A television, camera, plug or the like, known for at least a day, sends web requests in the name of
    a program that it never used.

    Only web requests without encryption name their program (User-Agent). Told when the device has used few
    programs so far, or when the new one is a tool that people and scripts start by hand, such as curl.
    Versions do not count, so an update is no news.
    """

    id = "user-agent"
    title = "New program on a gadget"
    severity = Severity.NORMAL
    cooldown_minutes = 1440.0

    learn_hours: float = 24.0
    """How long a device must be known before its programs are; the general learning time where longer.
    Source: own choice; a gadget shows its programs within a day."""
    programs: int = 3
    """A device with more programs than these is one where new ones come and go; then only tools are told.
    Source: own choice; the gadgets of the IoT Sentinel captures (Miettinen et al., 2017) use one or two."""

    def on_http_request(self, event: HttpRequest) -> Iterable[Finding]:
        mac, text = event.client_mac, event.user_agent
        if mac is None or not text or self.known.kind_of(mac) in PEOPLES or self._learning(mac, event.ts):
            return ()
        seen: dict[str, float] = {}
        for clue, first in self.known.user_agents(mac).items():
            program = Agent.read(clue).program
            seen[program] = min(first, seen.get(program, first))
        new = agent_of(text).program
        if seen.get(new) != event.ts:  # the inventory has noted it just now if it is new
            return ()
        before = sorted(program for program, first in seen.items() if first < event.ts)
        tool = new.lower() in TOOLS
        if not tool and not 0 < len(before) <= self.programs:
            return ()
        return (self._finding(event, mac, new, before, tool),)

    def _learning(self, mac: str, ts: float) -> bool:
        since = self.known.first_seen(mac)
        hours = max(self.learn_hours * 3600, self.known.baseline.learning_seconds)
        return since is None or ts - since < hours

    def _finding(self, event: HttpRequest, mac: str, new: str, before: list[str], tool: bool) -> Finding:
        device = self.known.display_name(mac, event.client_ip)
        peer = self.known.peer_name(event.server_ip, event.client_ip) or event.host
        subject = Subject(mac, event.client_ip, event.server_ip, peer, event.port, "tcp")
        usual = ", ".join(before[:5]) or "none at all"
        hand = f"{new} is a tool that people and scripts start by hand. " if tool else ""
        return self.finding(
            event.ts, subject, mac, new,
            title=f"{device} uses a program it never used before: {new}",
            why=f"{hand}A gadget runs the programs it came with; so far those were: {usual}. A new one "
            "is often an update, and sometimes something that got in.",
            advice=f"If {device} was updated or somebody installed something on it, there is nothing to do. "
            "If not, switch it off and on, update it, and change its password.",
            program=new, programs_so_far=before[:10], threshold=self.programs, host=event.host,
            path=event.path[:100],
        )  # fmt: skip
