"""One incident with what happened around it, for a file that a person keeps or sends on."""

from analysis.store.reader import Reader, Row
from dashboard.export_format import iso
from dashboard.words import LEVELS, STATE_WORDS, size

_TOLD = (
    "id", "rule", "title", "why", "advice", "state", "note", "device_label", "device_mac", "device_ip",
    "peer_name", "peer_ip", "port", "proto", "sensor", "count", "first_seen", "last_seen", "evidence",
)  # fmt: skip


def incident(store: Reader, alert_id: int) -> Row | None:
    """The incident and its surroundings; times are seconds since the epoch."""
    alert = store.alert(alert_id)
    if alert is None:
        return None
    return {
        **{name: alert[name] for name in _TOLD},
        "severity": LEVELS[alert["severity"]].word,
        "earlier": store.alert_history(alert, 50),
        "same_connection": store.alerts_within(alert, 50),
        "beside": store.alerts_beside(alert, limit=50),
        "dns": store.dns_around(alert, 50),
        "flows": store.flows_around(alert, 50),
    }


def as_text(found: Row) -> str:
    """The incident as a person reads it; times in UTC."""
    peer = " ".join(filter(None, (found["peer_name"], found["peer_ip"])))
    lines = [
        f"{found['severity']}: {found['title']}", "",
        f"Why it matters: {found['why']}", f"What to do: {found['advice']}", "",
        f"Device:     {found['device_label']} ({found['device_ip']}, {found['device_mac']})",
        f"Other side: {peer or 'none'} port {found['port']}/{found['proto']}",
        f"Seen:       {found['count']} times, {iso(found['first_seen'])} to {iso(found['last_seen'])},"
        f" by {found['sensor']}",
        f"State:      {STATE_WORDS.get(found['state'], found['state'])}",
        f"Rule:       {found['rule']}",
    ]  # fmt: skip
    if found["note"]:
        lines.append(f"Note:       {found['note']}")
    lines += _part("Evidence", [f"{name}: {value}" for name, value in found["evidence"].items()])
    lines += _part("Occurrences", [_occurrence(row) for row in found["earlier"]])
    lines += _part("On the same connection", [_noticed(row) for row in found["same_connection"]])
    lines += _part("Other incidents", [f"{iso(r['last_seen'])}  {r['title']}" for r in found["beside"]])
    lines += _part("Names asked for", [_lookup(row) for row in found["dns"]])
    lines += _part("Connections", [_flow(row, found) for row in found["flows"]])
    return "\n".join(lines) + "\n"


def _part(title: str, lines: list[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []


def _occurrence(row: Row) -> str:
    return f"{iso(row['first_seen'])} to {iso(row['last_seen'])}, {row['count']} times"


def _noticed(row: Row) -> str:
    return f"{iso(row['last_seen'])}  {LEVELS[row['severity']].word}: {row['title']}"


def _lookup(row: Row) -> str:
    listed = f", on {row['blocked_by']}" if row["blocked_by"] else ""
    return f"{iso(row['ts'])}  {row['name']} {row['qtype']}{listed}"


def _flow(row: Row, alert: Row) -> str:
    volume = f"{size(row['bytes_up'])} up, {size(row['bytes_down'])} down"
    this = "  (this incident)" if is_about(alert, row) else ""
    return f"{iso(row['ts'])}  {peer_of(row, alert)} {row['port']}/{row['proto']}, {volume}{this}"


def is_about(alert: Row, flow: Row) -> bool:
    """Whether an incident is about this conversation: it has the incident's other side and port, as far as
    the incident names them."""
    if alert["port"] not in (None, flow["port"]):
        return False
    if alert["peer_ip"]:
        return bool(alert["peer_ip"] == flow["server_ip"])
    return bool(alert["peer_name"]) and alert["peer_name"] == flow["peer"]


def peer_of(flow: Row, alert: Row) -> str:
    """The other side of a conversation; with its address where the incident is about it, since that may name
    only the address."""
    name, address = flow["peer"] or flow["server_name"], str(flow["server_ip"])
    if name is None or name.endswith(address):
        return name or address
    return f"{name} ({address})" if is_about(alert, flow) else str(name)
