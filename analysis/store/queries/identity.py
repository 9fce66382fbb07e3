"""What devices are and why, and which addresses are one device."""

import json

from analysis.store.queries.directory import DirectoryQueries
from analysis.store.queries.session import Row

_PROPOSALS = (
    "SELECT a, b, score, evidence FROM merge_proposals p JOIN devices one ON one.id = p.a"
    " JOIN devices other ON other.id = p.b WHERE NOT EXISTS (SELECT 1 FROM device_links l WHERE"
    " (one.network, one.mac, other.network, other.mac) IN"
    " ((l.network, l.mac, l.other_network, l.other_mac), (l.other_network, l.other_mac, l.network, l.mac)))"
    " ORDER BY score DESC, a, b"
)
"""Pairs that a person has decided on since they were proposed are not asked again."""


class IdentityQueries(DirectoryQueries):
    """Questions about identity."""

    def device_evidence(self, device_id: int, limit: int = 100) -> list[Row]:
        """Clues about a device, one row each with what it says ("kind=phone") and its weight, the
        strongest first. Habits that say nothing (encryption fingerprints, identifiers) are left out."""
        return self.rows(
            "SELECT source, clue, says, MAX(weight) AS weight, MIN(first_seen) AS first_seen,"
            " MAX(last_seen) AS last_seen FROM device_evidence"
            " WHERE device IN (SELECT value FROM json_each(?)) AND says <> ''"
            " GROUP BY source, clue, says ORDER BY MAX(weight) DESC, source, clue LIMIT ?",
            (self.ids_of(device_id), limit),
        )

    def device_agents(self, device_id: int, limit: int = 40) -> list[Row]:
        """HTTP User-Agents of a device (clues as `user_agents.Agent.read` takes them), newest first."""
        return self.rows(
            "SELECT clue, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen FROM device_evidence"
            " WHERE device IN (SELECT value FROM json_each(?)) AND source = 'user-agent'"
            " GROUP BY clue ORDER BY MAX(last_seen) DESC, clue LIMIT ?",
            (self.ids_of(device_id), limit),
        )

    def device_habits(self, device_id: int) -> int:
        """How many different ways of opening encrypted connections (JA4) a device showed."""
        return int(self.value(
            "SELECT COUNT(DISTINCT clue) FROM device_evidence"
            " WHERE device IN (SELECT value FROM json_each(?)) AND source = 'ja4'",
            (self.ids_of(device_id),),
        ) or 0)  # fmt: skip

    def merge_proposals(self, device_id: int | None = None) -> list[Row]:
        """Pairs of addresses that seem to be one device, best first; of one device where told. `evidence`
        is a list of sentences, `other` the pair's other device and `label` its name."""
        ids = set(json.loads(self.ids_of(device_id))) if device_id is not None else None
        names, found = self.directory(), []
        for row in self.rows(_PROPOSALS):
            if names.head(row["a"]) == names.head(row["b"]):
                continue  # a person has decided since
            if ids is not None and not ids & {row["a"], row["b"]}:
                continue
            other = row["b"] if ids is None or row["a"] in ids else row["a"]
            label = names.name(other)
            found.append({**row, "evidence": json.loads(row["evidence"]), "other": other, "label": label})
        return found
