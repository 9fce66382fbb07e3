"""What a person expects, matched against incidents when they are read: nothing is kept from the record."""

# ruff: noqa: S608 - the parts put together are constants of this package; values are bound

from analysis.store.queries.directory import DirectoryQueries
from analysis.store.queries.session import Row
from analysis.store.scopes import Scope

_FITS = (
    "e.rule = a.rule AND (e.device IS NULL OR e.device = a.device)"
    " AND (e.peer IS NULL OR e.peer = COALESCE(a.peer_name, a.peer_ip))"
    " AND (e.port IS NULL OR e.port = a.port)"
    " AND (e.expires IS NULL OR a.last_seen < e.expires)"
)
"""An expectation goes on covering, after its end, what was last seen before: old news does not return."""
_FITS_HEAD = _FITS.replace(" a.", " h.").replace("(a.", "(h.")

COVERED = f"EXISTS (SELECT 1 FROM expectations e WHERE {_FITS})"
DECIDED = "EXISTS (SELECT 1 FROM alert_notes n WHERE n.uid = a.uid AND n.state <> 'open')"
WITHIN = (
    "EXISTS (SELECT 1 FROM told_within w JOIN alerts h ON h.uid = w.head WHERE w.uid = a.uid"
    " AND NOT EXISTS (SELECT 1 FROM alert_notes m"
    " WHERE m.uid = h.uid AND m.state <> 'open' AND m.changed < a.first_seen)"
    f" AND NOT EXISTS (SELECT 1 FROM expectations e WHERE {_FITS_HEAD}))"
)
"""An incident is told within a graver one of its connection, unless that is expected or was decided on before
this one came: then nobody would see it."""
STATE = (
    "CASE WHEN n.state IN ('acknowledged', 'expected') THEN n.state"
    f" WHEN {COVERED} THEN 'expected' WHEN {WITHIN} THEN 'within' ELSE 'open' END"
)
"""An incident's state, with `alerts a` and `alert_notes n` joined to the left by uid."""
OPEN = f"NOT {DECIDED} AND NOT {COVERED} AND NOT {WITHIN}"


class ExpectationQueries(DirectoryQueries):
    """Questions about expectations."""

    def expectations(self) -> list[Row]:
        """All of them, newest first, each with `device_label` and `covers`, the incidents it covers."""
        found = self.rows("SELECT * FROM expectations ORDER BY id DESC LIMIT 500")
        names = self.directory()
        for row in found:
            row["device_label"] = names.name(row["device"], "a forgotten device")
            row["covers"] = self.value(
                "SELECT COUNT(*) FROM alerts a WHERE a.rule = ?1 AND"
                f" EXISTS (SELECT 1 FROM expectations e WHERE e.id = ?2 AND {_FITS})",
                (row["rule"], row["id"]),
            )
        return found

    def expected_once(self) -> int:
        """How many incidents are expected by themselves, whatever else happens."""
        sql = "SELECT COUNT(*) FROM alert_notes n JOIN alerts a ON a.uid = n.uid WHERE n.state = 'expected'"
        return int(self.value(sql))

    def last_listed(self) -> dict[str, Row]:
        """Of each blocklist the latest incident that it told of, by the list's name: `id`, `last_seen`,
        `device`, `found` (the name, else the address). Among the latest 5,000 of each rule."""
        latest = " UNION ALL ".join(
            "SELECT * FROM (SELECT id, last_seen, device, COALESCE(peer_name, peer_ip) AS found, evidence"
            f" FROM alerts WHERE rule = '{rule}' ORDER BY last_seen DESC LIMIT 5000)"
            for rule in ("blocklisted-name", "blocklisted-address")
        )
        rows = self.rows(
            "SELECT json_extract(evidence, '$.list') AS list, id, MAX(last_seen) AS last_seen, device, found"
            f" FROM ({latest}) GROUP BY json_extract(evidence, '$.list')"
        )
        return {row["list"]: row for row in rows if row["list"]}

    def expectations_of(self, alert_id: int) -> list[Row]:
        """The expectations that cover an incident, oldest first."""
        return self.rows(
            f"SELECT e.* FROM alerts a JOIN expectations e ON {_FITS} WHERE a.id = ? ORDER BY e.id",
            (alert_id,),
        )

    def would_cover(self, scope: Scope) -> Row:
        """How many recorded incidents a scope covers: `incidents`, `open` of them, `first_seen`."""
        found = self.one(
            f"SELECT COUNT(*) AS incidents, COALESCE(SUM({OPEN}), 0) AS open,"
            " MIN(a.first_seen) AS first_seen FROM alerts a WHERE a.rule = ?1"
            " AND (?2 IS NULL OR a.device = ?2) AND (?3 IS NULL OR COALESCE(a.peer_name, a.peer_ip) = ?3)"
            " AND (?4 IS NULL OR a.port = ?4)",
            scope,
        )
        return found or {"incidents": 0, "open": 0, "first_seen": None}
