"""Findings become incidents: the same key within the cooldown adds to the count."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

from analysis.alerts import Finding, Subject, strength
from analysis.store.identity import Identity
from analysis.store.rows import DeviceKey
from analysis.store.told_within import Connection, connection, resettle, settle

Entry = tuple[Finding, DeviceKey | None, float]
"""A finding, the home device it is about, and its rule's cooldown in seconds."""
Values = dict[str, Any]
"""Columns of `alerts` by name."""
Device = TypeVar("Device", DeviceKey, int)


class Incident(NamedTuple):
    """Findings of one key that are one incident; `finding` is the strongest of them, the latest of equals."""

    finding: Finding
    device: DeviceKey | None
    cooldown: float
    severity: int
    times: int
    first_seen: float
    last_seen: float

    def takes(self, ts: float, cooldown: float) -> bool:
        """Whether a finding at this time belongs to the incident. A late one may lie before it."""
        return self.first_seen - cooldown <= ts <= self.last_seen + cooldown

    def with_entry(self, entry: Entry) -> "Incident":
        """The incident with one more entry."""
        finding, device, cooldown = entry
        late = finding.ts < self.last_seen
        joined, owner = _joined((self.finding, self.device), (finding, device), late)
        return Incident(
            joined,
            owner,
            self.cooldown if late else cooldown,
            max(self.severity, int(finding.severity)),
            self.times + finding.times,
            min(self.first_seen, finding.ts),
            max(self.last_seen, finding.ts),
        )


def _tells(held: tuple[int, int], new: tuple[int, int], late: bool) -> bool:
    """Whose words stand, by their strength: a graver fact is not overwritten by a weaker later one, nor by an
    equal one that is `late`."""
    return new > held if late else new >= held


def _owner(own: Device | None, other: Device | None, other_mac: str | None, mac: str | None) -> Device | None:
    """The device that the words are about; where they know none, the other finding's if its MAC is theirs."""
    return other if own is None and mac is not None and mac == other_mac else own


def _joined(
    held: tuple[Finding, DeviceKey | None], new: tuple[Finding, DeviceKey | None], late: bool = False
) -> tuple[Finding, DeviceKey | None]:
    """One finding that tells of both, and its device."""
    told = _tells(held[0].strength, new[0].strength, late)
    about = held[0].subject.joined(new[0].subject, told)
    (words, own), (others, other) = (new, held) if told else (held, new)
    return words._replace(subject=about), _owner(own, other, others.subject.device_mac, about.device_mac)


def coalesce(entries: Iterable[Entry]) -> list[Incident]:
    """The incidents in a list of findings, in the order of their first finding."""
    done: list[Incident] = []
    last: dict[str, int] = {}
    for entry in entries:
        finding, device, cooldown = entry
        index = last.get(finding.key)
        if index is not None and done[index].takes(finding.ts, cooldown):
            done[index] = done[index].with_entry(entry)
            continue
        last[finding.key] = len(done)
        severity = int(finding.severity)
        done.append(Incident(finding, device, cooldown, severity, finding.times, finding.ts, finding.ts))
    return done


def thin(entries: Iterable[Entry]) -> list[Entry]:
    """Fewer entries that make the same incidents: of a key, those go that the one before and the one
    after hold together without them; the one before takes their count, and the words if they are stronger."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry[0].key, []).append(entry)
    kept: list[Entry] = []
    for group in groups.values():
        kept.append(group[0])
        newest = group[0][0].ts
        for entry, after in pairwise(group[1:]):
            last = kept[-1][0]
            until = last.ts + min(entry[2], after[2], kept[-1][2])
            if newest == last.ts <= entry[0].ts <= after[0].ts <= until:
                joined, device = _joined(kept[-1][:2], entry[:2])
                joined = joined._replace(ts=last.ts, times=last.times + entry[0].times)
                kept[-1] = (joined, device, kept[-1][2])
            else:
                kept.append(entry)
                newest = max(newest, entry[0].ts)
        kept.extend(group[1:][-1:])
    return kept


def uid(key: str, first_seen: float) -> str:
    """The incident's name, the same in every replay of the same packets: 16 hexadecimal digits."""
    text = f"{key}\0{round(first_seen * 1e6)}"
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()


# Late findings of another sensor can open an incident that reaches back into an older one: the
# newest is taken.
_SAME = """
SELECT id FROM alerts WHERE key = ? AND last_seen >= ? AND first_seen <= ?
ORDER BY last_seen DESC LIMIT 1"""

_MERGE = """
UPDATE alerts SET
    severity = max(severity, :severity), count = count + :count,
    title = iif(:told, :title, title),
    why = iif(:told, :why, why),
    evidence = iif(:told, :evidence, evidence),
    advice = iif(:told, :advice, advice),
    device = :device, device_name = :device_name, device_mac = :device_mac, device_ip = :device_ip,
    peer_ip = :peer_ip, peer_name = :peer_name, port = :port, proto = :proto,
    first_seen = min(first_seen, :first_seen), last_seen = max(last_seen, :last_seen), change = :change
WHERE id = :id"""

_STORED = """
SELECT severity, evidence, last_seen, device, device_name,
    device_mac, device_ip, peer_ip, peer_name, port, proto
FROM alerts WHERE id = ?"""

_INSERT = """
INSERT INTO alerts (uid, key, rule, severity, sensor, device, device_mac, device_ip, device_name, peer_ip,
    peer_name, port, proto, count, first_seen, last_seen, title, why, evidence, advice, change)
VALUES (:uid, :key, :rule, :severity, :sensor, :device, :device_mac, :device_ip, :device_name, :peer_ip,
    :peer_name, :port, :proto, :count, :first_seen, :last_seen, :title, :why, :evidence, :advice, :change)
ON CONFLICT (uid) DO NOTHING"""

_HOUR = """
INSERT INTO alert_hour (hour, rule, severity, incidents) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET incidents = incidents + excluded.incidents"""

_NAME = """
SELECT coalesce(n.name, d.name) FROM devices d
LEFT JOIN device_notes n ON n.network = d.network AND n.mac = d.mac WHERE d.id = ?"""

_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


class Incidents:
    """Writes findings as alerts, inside the caller's transaction."""

    def __init__(self, db: sqlite3.Connection, identity: Identity, sensor: str) -> None:
        self._db = db
        self._of = identity.of
        self._sensor = sensor

    def write(self, entries: Iterable[Entry]) -> None:
        """Merge each finding with the incident it belongs to, else open one."""
        change: int = self._db.execute("SELECT coalesce(max(change), 0) FROM alerts").fetchone()[0]
        names: dict[int, str | None] = {}  # one transaction sees one name of a device
        opened: Counter[tuple[int, str, int]] = Counter()
        for incident in coalesce(entries):
            change += 1
            if self._write_one(incident, self._values(incident, change, names)):
                opened[int(incident.first_seen) // 3600, incident.finding.rule, incident.severity] += 1
        self._db.executemany(_HOUR, [(*hour, times) for hour, times in opened.items()])

    def _write_one(self, incident: Incident, values: Values) -> bool:
        """Whether it is a new incident."""
        reach = (incident.last_seen + incident.cooldown, incident.first_seen - incident.cooldown)
        same = self._db.execute(_SAME, (incident.finding.key, reach[1], reach[0])).fetchone()
        if same is None:
            inserted = self._db.execute(_INSERT, values)
            if inserted.rowcount == 1:
                settle(self._db, Connection(*(values[name] for name in Connection._fields)))
                return True
            same = self._db.execute("SELECT id FROM alerts WHERE uid = ?", (values["uid"],)).fetchone()
        before = connection(self._db, same[0])
        self._db.execute(_MERGE, {**values, **self._joined(incident, same[0], values), "id": same[0]})
        resettle(self._db, same[0], before)
        return False

    def _joined(self, incident: Incident, row: int, values: Values) -> Values:
        """Whether the stored incident takes these words, and whom it is about then: as `_joined`."""
        severity, evidence, last_seen, device, name, *who = self._db.execute(_STORED, (row,)).fetchone()
        stored, late = strength(severity, json.loads(evidence)), incident.last_seen < last_seen
        told = _tells(stored, incident.finding.strength, late)
        held, later = Subject(*who), incident.finding.subject
        about = held.joined(later, told)
        one, other = (device, held.device_mac), (values["device"], later.device_mac)
        (its, _), rest = (other, one) if told else (one, other)
        own = _owner(its, *rest, about.device_mac)
        names = {device: name}
        names[values["device"]] = values["device_name"] or names.get(values["device"])
        shown = None if own is None else names[own]
        return {**about._asdict(), "told": told, "device": own, "device_name": shown}

    def _values(self, incident: Incident, change: int, names: dict[int, str | None]) -> Values:
        """The columns of an incident; `names` remembers what devices are called."""
        finding, subject = incident.finding, incident.finding.subject
        device = None if incident.device is None else self._of(incident.device, incident.first_seen)
        if device is not None and device not in names:
            names[device] = self._name(device)
        return {
            "uid": uid(finding.key, incident.first_seen), "key": finding.key, "rule": finding.rule,
            "severity": incident.severity, "sensor": self._sensor, "device": device,
            "device_mac": subject.device_mac, "device_ip": subject.device_ip,
            "device_name": None if device is None else names[device],
            "peer_ip": subject.peer_ip, "peer_name": subject.peer_name, "port": subject.port,
            "proto": subject.proto, "count": incident.times, "first_seen": incident.first_seen,
            "last_seen": incident.last_seen, "title": finding.title, "why": finding.why,
            "evidence": _as_json(finding.evidence), "advice": finding.advice, "change": change,
        }  # fmt: skip

    def _name(self, device: int) -> str | None:
        row = self._db.execute(_NAME, (device,)).fetchone()
        return row[0] if row else None
