"""Texts in segments, made of the text and its entities (feed/entities.py), and rows of hashtags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from core.accounts.user_rows import UserRow
from core.execution import Layout, Rows


class HashtagRow(NamedTuple):
    """A hashtag: the columns of the fragment `{hashtag of=…}`."""

    id: int
    name: str
    post_count: int


class SegmentRow(NamedTuple):
    """A part of a text."""

    text: str
    mention: UserRow | None
    hashtag: HashtagRow | None
    url: str | None


SEGMENT = Layout(
    SegmentRow,
    mention=Layout(UserRow, inside=1, optional=True),
    hashtag=Layout(HashtagRow, inside=2, optional=True),
    url=3,
)


def segments(row: Sequence[Any]) -> Rows[SegmentRow]:
    """The segments of a row with the columns of `{segments}`. Joined they are exactly the text."""
    text, entities, mentions, hashtags = row
    if not entities:
        return Rows(SEGMENT, [(text, None, None, None)] if text else [])
    users = {each[0]: each for each in mentions}
    tags = {-each[0]: each for each in hashtags}
    return Rows(SEGMENT, list(_parts(text, entities, users, tags)))


def _parts(
    text: str, entities: Sequence[int], users: Mapping[int, Any], tags: Mapping[int, Any]
) -> Iterator[tuple[Any, ...]]:
    position = 0
    numbers = iter(entities)
    for start, end, key in zip(numbers, numbers, numbers, strict=True):
        if start > position:
            yield text[position:start], None, None, None
        part = text[start:end]
        if part:
            yield part, users.get(key), tags.get(key), None if key else part
        position = end
    if position < len(text):
        yield text[position:], None, None, None


NO_SEGMENTS: Rows[SegmentRow] = Rows(SEGMENT, [])
"""Of a text that has been deleted."""
