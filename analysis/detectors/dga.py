"""A device tries many made-up names in search of its master."""

import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from analysis.alerts import Finding, Severity, Subject
from analysis.config_types import Share, Span
from analysis.detector import Detector
from analysis.events import DnsLookup
from analysis.names import is_registered, registrable
from analysis.window import DistinctWindow

HOUR = 3600.0
CLIENTS = 1024
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5}")
_DIGITS = re.compile(r"[a-z]\d+[a-z]")
_VOWELS = re.compile(r"[aeiouy]")


@lru_cache(maxsize=4096)
def looks_random(domain: str, length: int = 7) -> bool:
    """Whether the registered label looks drawn by lot: hardly a vowel, five consonants in a row, or digits
    scattered among letters. Shorter labels than `length` say nothing."""
    label = domain.split(".", 1)[0]
    if len(label) < length or label.startswith("xn--") or "-" in label:
        return False
    letters = sum(c.isalpha() for c in label)
    if len(_DIGITS.findall(label)) >= 2:
        return True
    if _CONSONANTS.search(label):
        return True
    return letters >= length and len(_VOWELS.findall(label)) * 5 < letters


@dataclass
class Dga(Detector):
    """A device asks for one domain after the other that does not exist and looks like random letters.

    Malware makes up names by the day and tries them until its master has registered one. Typing mistakes,
    blocked advertising and names of the own network do not count.
    """

    id = "dga"
    title = "Device looks for made-up names"
    severity = Severity.HIGH

    domains: int = 20
    """Distinct registrable domains within an hour that do not exist and look random. Source: Slips tells
    10 failures, Maltrail 20 an hour, both of any name; Conficker tries 250 a day and later kinds 1,000."""
    storm: int = 100
    """Distinct domains that do not exist, whatever they look like, when most of a device's look-ups fail: a
    NORMAL notice. Source: own choice, a tenth of Maltrail's 1,000 a minute."""
    storm_share: Share = 0.5
    """The share of look-ups that must fail then. Source: own choice."""
    length: int = 7
    """Characters that a name must have to look random. Source: own choice; Conficker's have 5 to 11."""
    minutes: Span = 60.0
    """The time they must fall within. Source: Maltrail's hour."""

    def __post_init__(self) -> None:
        self._random = DistinctWindow(self.minutes * 60, max_values=max(256, 2 * self.domains))
        self._missing = DistinctWindow(self.minutes * 60, max_values=max(1024, 2 * self.storm))
        self._counts: OrderedDict[str, list[float]] = OrderedDict()
        self._told: dict[str, float] = {}

    def on_dns_lookup(self, event: DnsLookup) -> Iterable[Finding]:
        if event.qtype not in ("A", "AAAA") or event.transport not in ("udp", "tcp"):
            return ()
        counts = self._counts.get(event.client_ip)
        if counts is None or event.ts - counts[0] > self.minutes * 60:
            counts = self._counts[event.client_ip] = [event.ts, 0, 0]
            if len(self._counts) > CLIENTS:
                self._counts.popitem(last=False)
        counts[1] += 1
        if event.rcode != "NXDOMAIN":
            return ()
        counts[2] += 1
        return self._failed(event, counts)

    def _failed(self, event: DnsLookup, counts: list[float]) -> Iterable[Finding]:
        ip, ts, domain = event.client_ip, event.ts, registrable(event.name)
        if "." not in event.name or not is_registered(event.name):
            return ()
        missing = self._missing.add(ip, domain, ts)
        if looks_random(domain, self.length):
            count = self._random.add(ip, domain, ts)
            if count >= self.domains and self._within(self._random, ip, self.domains, ts):
                return self._tell(event, count, missing, "random")
        failing = missing >= self.storm and counts[2] > self.storm_share * counts[1]
        if failing and self._within(self._missing, ip, self.storm, ts):
            return self._tell(event, self._random.count(ip), missing, "storm")
        return ()

    def _within(self, window: DistinctWindow, ip: str, n: int, ts: float) -> bool:
        oldest = window.nth_newest(ip, n)
        return oldest is not None and ts - oldest <= self.minutes * 60

    def _tell(self, event: DnsLookup, random: int, missing: int, how: str) -> Iterable[Finding]:
        """Once an hour a device and kind."""
        key = f"{event.client_ip} {how}"
        if event.ts - self._told.get(key, 0.0) < HOUR:
            return ()
        if len(self._told) >= CLIENTS:
            self._told.clear()
        self._told[key] = event.ts
        return (self._finding(event, random, missing, how),)

    def _finding(self, event: DnsLookup, random: int, missing: int, how: str) -> Finding:
        device = self.known.display_name(event.client_mac, event.client_ip)
        made_up = how == "random"
        shown = (self._random if made_up else self._missing).values(event.client_ip)[-5:]
        return self.finding(
            event.ts, Subject(event.client_mac, event.client_ip, event.server_ip, None, 53, event.transport),
            event.client_mac or event.client_ip, how,
            title=f"{device} asks for many names that do not exist",
            why="Malware makes up names by the day and tries them until one answers: its master's."
            if made_up else "Most of its look-ups fail. A wrong setting can do this too.",
            advice=f"Have {device} checked for malware. If it runs a program that tests names, mark this "
            "as expected.",
            severity=None if made_up else Severity.NORMAL, random_looking_domains=random,
            missing_domains=missing, threshold=self.domains if made_up else self.storm,
            within_minutes=self.minutes, examples=[str(domain) for domain in shown],
        )  # fmt: skip
