"""Who contacted what only today stands on a blocklist: the stored past, searched whenever lists change."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from analysis.alerts import Finding, Severity, Subject
from analysis.blocklist import Blocklist, Match
from analysis.config import Config
from analysis.config_rules import build_detectors
from analysis.store.contacts import Contact, PastContacts
from analysis.store.rows import Batch, DeviceKey, HealthRow
from analysis.store.upkeep import tell
from analysis.store.writer import Writer

BUDGET = 0.5
"""Seconds of one step: the periodic process has other duties."""
MOST = 200
"""Findings of one hunt; a list that names half of the internet must not bury everything else."""
NAME_RULE, ADDRESS_RULE = "blocklisted-name", "blocklisted-address"
SENSOR = "retro-hunt"


class Past(NamedTuple):
    """All contact of one device with one entry of a list."""

    match: Match
    contact: Contact
    """The newest, with the first and last time and the count of all."""
    seen_in: tuple[str, ...]


class RetroHunt:
    """One per process. `step` does a little of what is due and returns.

    Only lists of weight count (HIGH and above): an advertising list that somebody switches on says nothing
    new about the past. Contact that was told when it happened is not told again.
    """

    def __init__(self, config: Config, path: Path) -> None:
        self._config, self._path = config, path
        self._lists: Blocklist | None = None
        self._work: Iterator[None] | None = None
        self._cooldowns = {d.id: d.cooldown_minutes * 60 for d in build_detectors(config)}

    def step(self) -> None:
        """Hunt for half a second if lists changed or this is the start. Raises StoreError."""
        if self._work is None:
            if self._lists is None:
                self._lists = Blocklist.open(self._config)
            elif not self._lists.reload_if_changed():
                return
            self._work = self._hunt(self._lists)
        until = time.monotonic() + BUDGET
        try:
            while time.monotonic() < until:
                next(self._work)
        except StopIteration:
            self._work = None
        except BaseException:
            self._work, self._lists = None, None  # begun anew at the next step
            raise

    def run(self) -> None:
        """A whole hunt at once."""
        self.step()
        while self._work is not None:
            self.step()

    def _hunt(self, lists: Blocklist) -> Iterator[None]:
        found: dict[str, Past] = {}
        with closing(PastContacts(str(self._path))) as past:
            for contacts in past.slices():
                for contact in contacts:
                    self._compare(lists, contact, found)
                yield
            now = time.time()
            fresh = {key: one for key, one in found.items() if not past.was_told(key, one.contact.last)}
        told = dict(list(fresh.items())[:MOST])
        findings = [self._entry(key, one, now) for key, one in told.items()]
        if findings:
            with Writer(self._path, SENSOR) as writer:
                writer.write(Batch(findings=findings))
        text = f"The stored past was searched for what the lists name: {len(fresh)} contacts found"
        text += f", the first {MOST} told." if len(fresh) > MOST else "."
        tell(self._path, [HealthRow("blocklists", SENSOR, "ok", text, None)])

    def _compare(self, lists: Blocklist, contact: Contact, found: dict[str, Past]) -> None:
        if contact.source == "flows":
            rule, match = ADDRESS_RULE, lists.match_address(contact.what)
        else:
            rule, match = NAME_RULE, lists.match_name(contact.what.rsplit(":", 1)[0])
        if match is None or match.severity < Severity.HIGH or rule not in self._cooldowns:
            return
        key = "|".join((rule, contact.device[1] if contact.device else contact.device_ip, match.entry))
        old = found.get(key)
        if old is None and len(found) < 10 * MOST:
            found[key] = Past(match, contact, (contact.source,))
        elif old is not None:
            found[key] = joined(old, contact)

    def _entry(self, key: str, past: Past, now: float) -> tuple[Finding, DeviceKey | None, float]:
        rule = key.split("|", 1)[0]
        return finding(rule, key, past, now), past.contact.device, self._cooldowns[rule]


def joined(past: Past, contact: Contact) -> Past:
    """The past with one more contact."""
    old = past.contact
    newest = old if old.last >= contact.last else contact
    contact = newest._replace(
        first=min(old.first, contact.first), last=newest.last, times=old.times + contact.times,
        peer_ip=newest.peer_ip or old.peer_ip or contact.peer_ip,
    )  # fmt: skip
    sources = past.seen_in if newest.source in past.seen_in else (*past.seen_in, newest.source)
    return Past(past.match, contact, sources)


def finding(rule: str, key: str, past: Past, now: float) -> Finding:
    """Told now, with the date of the contact: an incident dated in the past would be seen by nobody."""
    match, contact = past.match, past.contact
    name = None if rule == ADDRESS_RULE else contact.what
    subject = Subject(contact.device[1] if contact.device else None, contact.device_ip, contact.peer_ip, name)
    often = f" ({contact.times} times since {_date(contact.first)})" if contact.times > 1 else ""
    evidence = {
        "found_later": True, "first_contact": _date(contact.first), "last_contact": _date(contact.last),
        "contacts": contact.times, "threshold": 1, "list": match.list, "entry": match.entry,
        "category": match.category, "seen_in": list(past.seen_in),
    }  # fmt: skip
    device = contact.device_name
    return Finding(
        now, rule, match.severity, key, subject,
        f"{device} contacted {contact.what} on {_date(contact.last)}{often}; "
        f"only now the list “{match.list}” names it",
        f"The list “{match.list}” says: {match.category}. When it happened no list named it, so nothing was "
        "said then.",
        evidence,
        f"Find out which program on {device} did this. If nobody knows it, disconnect {device} and check it "
        f"for malware: it has had time since {_date(contact.first)}. Change passwords that were used on it.",
    )  # fmt: skip


def _date(ts: float) -> str:
    return time.strftime("%d %B %Y, %H:%M", time.localtime(ts))
