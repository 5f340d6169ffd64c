"""A chart of lines over a logarithmic axis, as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

WIDTH = 720
LEFT = 70
RIGHT = 24
TOP = 56
PANEL = 150
BETWEEN = 44
COLOURS = ("#6b7280", "#d97706", "#2563eb")
HEAD = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}' "
    "font-family='sans-serif' font-size='12'>"
)

Lines = Mapping[str, Sequence[float]]
"""Values by the line's name, one for each place of the x axis."""


class Panel(NamedTuple):
    """One of the charts below each other."""

    title: str
    lines: Lines


def line_chart(title: str, x_title: str, x: Sequence[int], panels: Sequence[Panel]) -> str:
    """An SVG with the panels below each other, each with its own scale from 0. `x` doubles from place to place."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    colours = dict(zip(names, COLOURS, strict=True))
    height = TOP + len(panels) * (PANEL + BETWEEN) + 16
    drawn = [_text(8, 20, title, "font-size='14'")]
    for place, (name, colour) in enumerate(colours.items()):
        left = LEFT + 150 * place
        drawn.append(f"<rect x='{left}' y='30' width='14' height='4' fill='{colour}'/>")
        drawn.append(_text(left + 20, 36, name))
    for place, panel in enumerate(panels):
        drawn += _panel(panel, x, colours, TOP + place * (PANEL + BETWEEN))
    drawn.append(_text(WIDTH // 2, height - 6, x_title, "text-anchor='middle'"))
    ground = f"<rect width='{WIDTH}' height='{height}' fill='#ffffff'/>"
    return "\n".join([HEAD.format(width=WIDTH, height=height), ground, *drawn, "</svg>", ""])


def _panel(panel: Panel, x: Sequence[int], colours: Mapping[str, str], top: int) -> Iterator[str]:
    most = _above(max(max(values) for values in panel.lines.values()))
    bottom = top + 16 + PANEL
    step = (WIDTH - LEFT - RIGHT) / max(len(x) - 1, 1)
    yield _text(LEFT, top + 8, panel.title, "font-weight='bold'")
    for part in range(5):
        y = bottom - PANEL * part / 4
        yield f"<line x1='{LEFT}' y1='{y:.1f}' x2='{WIDTH - RIGHT}' y2='{y:.1f}' stroke='#e5e7eb'/>"
        yield _text(LEFT - 6, y + 4, f"{most * part / 4:,.4g}", "text-anchor='end'")
    for place, value in enumerate(x):
        if place % 2 == 0:
            yield _text(LEFT + place * step, bottom + 14, f"{value:,}", "text-anchor='middle'")
    for name, values in panel.lines.items():
        points = " ".join(
            f"{LEFT + place * step:.1f},{bottom - PANEL * value / most:.1f}"
            for place, value in enumerate(values)
        )
        yield f"<polyline points='{points}' fill='none' stroke='{colours[name]}' stroke-width='2'/>"


def _above(value: float) -> float:
    """The next round number."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    return next(step * unit for step in (1, 2, 4, 8, 10) if step * unit >= value)


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' fill='#111827' {more}>{escape(text)}</text>"
