"""Keyset pages: what is asked for, and what is found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from core.database.cursors import CursorCodec, CursorMalformed
from core.database.keys import HIGHEST_KEY
from core.execution.rows import Layout, Rows
from core.graphql.errors import ClientError

PAGE_AT_MOST = 100
PAGE_BY_DEFAULT = 20
"""The first so many where neither `first` nor `last` is sent."""


class PageRequest(NamedTuple):
    """The part of a list that is asked for: up to `limit` rows with above < position < below.

    The newest of them, or, `oldest_first`, the oldest.
    """

    limit: int
    below: int = HIGHEST_KEY
    above: int = 0
    oldest_first: bool = False

    @property
    def suffix(self) -> str:
        """What follows the name of the statement that reads in this direction."""
        return ":oldest_first" if self.oldest_first else ""


def page_request(
    codec: CursorCodec,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> PageRequest:
    """The request, judged before any SQL. Errors: BAD_PAGE, INVALID_CURSOR."""
    if first is not None and last is not None:
        raise ClientError("Send either `first` or `last`, not both.", "BAD_PAGE")
    limit = first if last is None else last
    if limit is None:
        limit = PAGE_BY_DEFAULT
    if not 0 <= limit <= PAGE_AT_MOST:
        name = "first" if last is None else "last"
        raise ClientError(
            f"`{name}` is {limit}; it must be between 0 and {PAGE_AT_MOST}.", "BAD_PAGE"
        )
    below = HIGHEST_KEY if after is None else decode_position(codec, after)
    above = 0 if before is None else decode_position(codec, before)
    return PageRequest(limit, below, above, last is not None)


def decode_position(codec: CursorCodec, cursor: str) -> int:
    """Where the cursor stands in its list. Errors: INVALID_CURSOR."""
    try:
        return codec.decode(cursor)
    except CursorMalformed:
        raise ClientError(
            "This cursor is not one of this list. Take `cursor`, `startCursor` or `endCursor` from an earlier page "
            "of it, or leave it out to start anew.",
            "INVALID_CURSOR",
        ) from None


class EdgeRow(NamedTuple):
    """A row of a list, at its position."""

    node: Any
    position: int
    codec: CursorCodec
    shared_by: Any = None


Read = Callable[[PageRequest, CursorCodec], Awaitable[Sequence[Any]]]
"""Reads up to `limit` rows of the list that has these cursors, in the order of the request, in one statement."""


class PageSource(NamedTuple):
    """What the pages that came of one statement have in common."""

    request: PageRequest
    layout: Layout[EdgeRow]
    """Of the rows, as edges."""
    read: Read
    """Looks beyond the pages."""
    snapshot: str | None = None
    """PostgreSQL's, in which they were read, if the statement tells."""
    looked_ahead: bool = True
    """Whether a row more than the limit was asked for."""


class Page:
    """Rows of a list, newest first, and how to look beyond them."""

    __slots__ = ("_codec", "_more", "_source", "edges")

    def __init__(self, rows: Sequence[Any], codec: CursorCodec, source: PageSource) -> None:
        """`rows`: what was read, in the order of the request. `codec`: of the list's cursors."""
        request = source.request
        self._codec = codec
        self._source = source
        self._more = len(rows) > request.limit
        if self._more:
            rows = rows[: request.limit]
        if request.oldest_first:
            rows = rows[::-1]
        self.edges = Rows(source.layout, rows, codec)

    @property
    def snapshot(self) -> str | None:
        """PostgreSQL's, in which the rows were read, if the statement told."""
        return self._source.snapshot

    def cursor(self, index: int) -> str:
        """The cursor of an edge."""
        return self._codec.encode(self.edges.value(index, "position"))

    def has_older(self) -> bool | Awaitable[bool]:
        """Whether the list goes on behind the last edge. Cost: a statement if a cursor ends the page there."""
        request = self._source.request
        if self._more and not request.oldest_first:
            return True
        if request.above == 0 and (request.oldest_first or self._is_complete()):
            return False
        below = self.edges[-1].position if self.edges else request.above + 1
        return self._finds(PageRequest(1, below=below))

    def has_newer(self) -> bool | Awaitable[bool]:
        """Whether the list goes on before the first edge. Cost: a statement if a cursor ends the page there."""
        request = self._source.request
        if self._more and request.oldest_first:
            return True
        if request.below == HIGHEST_KEY and (not request.oldest_first or self._is_complete()):
            return False
        above = self.edges[0].position if self.edges else request.below - 1
        return self._finds(PageRequest(1, above=above, oldest_first=True))

    def _is_complete(self) -> bool:
        # Whether the list goes on is not known of a page that is just full, unless we looked.
        return self._source.looked_ahead or len(self.edges) < self._source.request.limit

    async def _finds(self, request: PageRequest) -> bool:
        return bool(await self._source.read(request, self._codec))
