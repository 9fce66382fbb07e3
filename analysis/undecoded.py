"""Why packets could not be read, in words: for verbs and pages."""

from collections.abc import Mapping

REASONS = {
    "not_ip": "neither IP nor ARP",
    "truncated": "cut short",
    "bad_header": "broken headers",
    "too_deep": "too many headers in each other",
    "wifi": "Wi-Fi frames",
    "linktype": "an unknown kind of link",
}
"""By the names that a sensor counts them under."""
ORDINARY = frozenset({"not_ip"})
"""What every network has, and nobody misses."""


def told(undecoded: Mapping[str, int], packets: int) -> str | None:
    """What a capture has that could not be read, in a line; None where there is nothing to tell. The ordinary
    is told where there is nothing else."""
    whole = sum(undecoded.values()) >= packets
    counts = {name: n for name, n in undecoded.items() if n and (whole or name not in ORDINARY)}
    if not counts:
        return None
    ordered = sorted(counts.items(), key=lambda part: (-part[1], part[0]))
    words = [(REASONS.get(name, name), count) for name, count in ordered]
    reasons = words[0][0] if len(words) == 1 else ", ".join(f"{count:,} {word}" for word, count in words)
    return f"{sum(counts.values()):,} of {packets:,} packets could not be read: {reasons}"
