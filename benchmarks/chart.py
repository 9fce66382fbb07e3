"""A bar chart as SVG, drawn here so that no plotting library is needed; readable on light and dark."""

import math
from html import escape
from typing import Any

LEFT, WIDTH, BAR, GAP, TOP = 260, 420, 20, 10, 44
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#334155}.t{font-weight:600}.l{stroke:#94a3b8;stroke-width:.6}"
    ".b{fill:#94a3b8}.s{fill:#0e7490}@media(prefers-color-scheme:dark){text{fill:#cbd5e1}.b{fill:#64748b}"
    ".s{fill:#22d3ee}}"
)


def bars(result: dict[str, Any]) -> str:
    """Packets a CPU second of each design on one capture, on a logarithmic scale, with their spread."""
    rows = [(name, row) for name, row in result["designs"].items() if "rate" in row]
    rows.sort(key=lambda item: item[1]["rate"])
    height = TOP + len(rows) * (BAR + GAP) + 30
    low = 10 ** math.floor(math.log10(min(row["rate"] for _, row in rows)))
    high = 10 ** math.ceil(math.log10(max(row["rate"] for _, row in rows)))

    def x(rate: float) -> float:
        return LEFT + WIDTH * math.log10(max(rate, low) / low) / math.log10(high / low)

    title = f"Packets a CPU second, {result['capture']}, {result['packets']:,} packets"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 110} {height}" role="img">',
        f"<style>{STYLE}</style>",
        f'<text class="t" x="8" y="22">{escape(title)} (logarithmic)</text>',
    ]
    bottom = height - 24
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        at = x(10**power)
        parts.append(f'<path class="l" d="M{at:.1f} {TOP - 8}V{bottom}"/>')
        parts.append(f'<text x="{at:.1f}" y="{bottom + 16}" text-anchor="middle">{10**power:,}</text>')
    for place, (name, row) in enumerate(rows):
        parts += _bar(name, row, TOP + place * (BAR + GAP), x)
    return "\n".join([*parts, "</svg>", ""])


def _bar(name: str, row: dict[str, Any], y: float, x: Any) -> list[str]:
    rates = [one["rate"] for one in row["rounds"]]
    end, middle = x(row["rate"]), y + BAR / 2
    kind = "s" if name.startswith("sentinel") else "b"
    return [
        f'<text x="{LEFT - 8}" y="{middle + 4:.0f}" text-anchor="end">{escape(row["label"])}</text>',
        f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{end - LEFT:.1f}" height="{BAR}" rx="2"/>',
        f'<path class="l" d="M{x(min(rates)):.1f} {middle}H{x(max(rates)):.1f}" style="stroke-width:2"/>',
        f'<text x="{max(end, x(max(rates))) + 6:.1f}" y="{middle + 4:.0f}">{row["rate"]:,.0f}</text>',
    ]
