"""The picture of the rooms, drawn from the imports of the code."""

from __future__ import annotations

import re
from html import escape
from importlib import import_module

import grimp

from tests.drawings.graph import layered, reduced

WIDTH, HEIGHT = 196, 44
PASSAGE = 26
BETWEEN, ROW = 18, 84
MARGIN, HEAD = 20, 58
NOTE = "An arrow is an import. An import that a longer chain of arrows implies is left out."
OPENING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    ' font-family="sans-serif" role="img" aria-label="The rooms of the code and their imports">'
)
TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>'
)
STYLE = """
  .ground { fill: #ffffff } .room { fill: #eef2ff; stroke: #4f46e5 } .name { fill: #111827 }
  .purpose, .note { fill: #4b5563 } .import { fill: none; stroke: #6b7280 } .tip { fill: #6b7280 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .room { fill: #1e1b4b; stroke: #818cf8 } .name { fill: #f3f4f6 }
    .purpose, .note { fill: #9ca3af } .import { stroke: #9ca3af } .tip { fill: #9ca3af }
  }
"""


def room_of(module: str) -> str:
    """`core.events` for `core.events.event_log`, `feed` for `feed.models`."""
    first, *rest = module.split(".")
    return f"core.{rest[0]}" if first == "core" and rest else first


def caption(room: str) -> str:
    """The room's docstring up to its first colon or full stop: `posts, feeds`. Errors: ValueError if it has none."""
    words = re.split(r"[:.](?:\s|$)", import_module(room).__doc__ or "")[0]
    if not words:
        raise ValueError(f"{room} needs a docstring that says what it is for.")
    return words if words[1].isupper() else words[0].lower() + words[1:]


def imports_of_rooms() -> dict[str, set[str]]:
    """Which rooms each room imports, those for types only among them."""
    graph = grimp.build_graph("core", "feed", "interactions", cache_dir=None)
    imports: dict[str, set[str]] = {}
    for module in graph.modules - {"core"}:
        room = room_of(module)
        imported = {room_of(each) for each in graph.find_modules_directly_imported_by(module)}
        imports.setdefault(room, set()).update(imported - {room})
    return dict(sorted(imports.items()))


def rooms_picture() -> str:
    """An SVG: a box for each room; an arrow for each import that no longer chain of arrows implies."""
    edges = reduced(imports_of_rooms())
    drawn = layered(list(edges), edges)
    widths = [[PASSAGE if node.startswith(" ") else WIDTH for node in row] for row in drawn.rows]
    broad = max(sum(row) + BETWEEN * (len(row) - 1) for row in widths) + 2 * MARGIN
    middles: list[list[float]] = []
    for row in widths:
        x = (broad - sum(row) - BETWEEN * (len(row) - 1)) / 2
        middles.append([])
        for width in row:
            middles[-1].append(x + width / 2)
            x += width + BETWEEN
    high = HEAD + ROW * (len(drawn.rows) - 1) + HEIGHT + MARGIN
    parts = [
        OPENING.format(width=f"{broad:g}", height=high),
        f"<style>{STYLE}</style>",
        TIP,
        f'<rect class="ground" width="{broad:g}" height="{high}" rx="8"/>',
        _text(MARGIN, 28, "note", NOTE),
    ]
    parts += [_arrow([(middles[y][x], HEAD + ROW * y) for y, x in path]) for path in drawn.paths]
    for y, nodes in enumerate(drawn.rows):
        for x, node in enumerate(nodes):
            if not node.startswith(" "):
                parts += _box(middles[y][x], HEAD + ROW * y, node)
    return "\n".join([*parts, "</svg>", ""])


def _arrow(points: list[tuple[float, float]]) -> str:
    """A line from the foot of the first box to the head of the last, straight down through the rows between."""
    x, y = points[0]
    line = f"M{x:g} {y + HEIGHT:g}"
    for place, (to_x, to_y) in enumerate(points[1:], 1):
        from_y = y + HEIGHT
        half = (from_y + to_y) / 2
        line += f" C{x:g} {half:g} {to_x:g} {half:g} {to_x:g} {to_y:g}"
        if place < len(points) - 1:
            line += f" V{to_y + HEIGHT:g}"
        x, y = to_x, to_y
    return f'<path class="import" marker-end="url(#tip)" d="{line}"/>'


def _box(middle: float, top: float, room: str) -> list[str]:
    return [
        f'<rect class="room" x="{middle - WIDTH / 2:g}" y="{top:g}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>',
        _text(
            middle, top + 19, "name", room, 'text-anchor="middle" font-size="14" font-weight="bold"'
        ),
        _text(middle, top + 35, "purpose", caption(room), 'text-anchor="middle"'),
    ]


def _text(x: float, y: float, style: str, words: str, more: str = "") -> str:
    size = "" if "font-size" in more else 'font-size="12" '
    return f'<text class="{style}" x="{x:g}" y="{y:g}" {size}{more}>{escape(words)}</text>'
