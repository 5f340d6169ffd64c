"""A bar chart of the workloads' figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

WIDTH = 720
LEFT = 170
BAR = 16
GAP = 4
BETWEEN = 26
RIGHT = 120
COLOURS = ("#6b7280", "#2563eb", "#60a5fa", "#d97706")
TITLE = "CPU milliseconds of the server process for one request (each workload to its own scale)"


def bars(groups: Mapping[str, Mapping[str, float]]) -> str:
    """An SVG with a group of bars for each workload, one bar a server, each group to its own scale."""
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    colours = dict(zip(names, COLOURS, strict=False))
    drawn: list[str] = []
    y = 34
    for workload, group in groups.items():
        drawn.append(_text(8, y + 12, workload, "font-weight='bold'"))
        y += 20
        drawn += _group(group, colours, y)
        y += len(group) * (BAR + GAP) + BETWEEN - 20
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {y}' width='{WIDTH}' height='{y}' "
        "font-family='sans-serif' font-size='12'>"
    )
    ground = f"<rect width='{WIDTH}' height='{y}' fill='#ffffff'/>"
    return "\n".join([head, ground, _text(8, 20, TITLE, "font-size='14'"), *drawn, "</svg>", ""])


def _group(group: Mapping[str, float], colours: Mapping[str, str], y: int) -> Iterator[str]:
    most = max(group.values())
    for place, (name, value) in enumerate(group.items()):
        top = y + place * (BAR + GAP)
        length = max(1, round(value / most * (WIDTH - LEFT - RIGHT)))
        yield _text(LEFT - 8, top + 12, name, "text-anchor='end'")
        yield f"<rect x='{LEFT}' y='{top}' width='{length}' height='{BAR}' fill='{colours[name]}'/>"
        yield _text(LEFT + length + 6, top + 12, f"{value:.2f}")


def _text(x: int, y: int, text: str, more: str = "") -> str:
    return f"<text x='{x}' y='{y}' fill='#111827' {more}>{escape(text)}</text>"
