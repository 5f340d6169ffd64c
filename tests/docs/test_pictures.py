"""The pictures of the docs that are drawn from the code."""

from __future__ import annotations

import pytest

from tests.docs.pages import name_of
from tests.drawings.graph import layered, reduced
from tests.drawings.pictures import DRAWN, Drawn
from tests.drawings.rooms import caption, imports_of_rooms


@pytest.mark.parametrize("drawn", DRAWN, ids=lambda drawn: name_of(drawn.file))
def test_a_picture_shows_the_code_as_it_is(drawn: Drawn) -> None:
    assert drawn.file.read_text() == drawn.expected(), (
        f"{name_of(drawn.file)} is stale. Draw it anew: python -m tests.drawings"
    )


@pytest.mark.parametrize("room", imports_of_rooms())
def test_a_room_says_in_a_few_words_what_it_is_for(room: str) -> None:
    words = caption(room)
    assert len(words) <= 32, f"{words!r} is too long for its box."


def test_an_edge_that_a_longer_path_implies_is_left_out() -> None:
    edges = {"a": {"b", "c", "d"}, "b": {"c"}, "c": {"d"}, "d": set[str]()}
    assert reduced(edges) == {"a": ["b"], "b": ["c"], "c": ["d"], "d": []}


def test_every_edge_goes_down_one_row_at_a_time() -> None:
    drawn = layered(["a", "b", "c", "d"], {"a": ["b", "d"], "b": ["c"], "c": [], "d": []})
    assert [[node for node in row if not node.startswith(" ")] for row in drawn.rows] == [
        ["a"],
        ["b"],
        ["c", "d"],
    ]
    for path in drawn.paths:
        rows = [y for y, _ in path]
        assert rows == list(range(rows[0], rows[-1] + 1))
