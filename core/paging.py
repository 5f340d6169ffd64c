"""Keyset pages: what is requested, and what is returned."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from core.database.cursors import CursorCodec, CursorMalformed
from core.database.list_places import START, Horizon, Place, horizon_from_text
from core.database.time_ordered_keys import HIGHEST_KEY
from core.errors import ClientError
from core.execution.rows import Layout, Rows

PAGE_AT_MOST = 100
PAGE_BY_DEFAULT = 20
"""The first so many where neither `first` nor `last` is sent."""
ALL_SETTLED = Horizon(HIGHEST_KEY, "")
"""Of a statement that gave no row above its horizon."""


class PageRequest(NamedTuple):
    """The part of a list that is asked for: up to `limit` rows with before.baseline < position < below.

    The newest of them, or, `oldest_first`, the oldest.
    """

    limit: int
    below: int = HIGHEST_KEY
    before: Place = START
    """Where the reader stands whom newer rows are for."""
    oldest_first: bool = False
    is_settled: bool = False
    """Whether all rows below are settled: their keys say where they stand, and none is to come among them."""

    @property
    def variant(self) -> str:
        """The variant of a statement that reads in this direction and leaves out what was seen."""
        return (":oldest_first" if self.oldest_first else "") + (
            ":unseen" if self.before.seen else ""
        )

    @property
    def seen(self) -> tuple[list[int], list[str]] | tuple[()]:
        """The statement's arguments for what the reader has seen: keys and snapshots."""
        seen = self.before.seen
        return ([each.up_to for each in seen], [each.snapshot for each in seen]) if seen else ()


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
    older_than = None if after is None else decode_place(codec, after)
    return PageRequest(
        limit,
        HIGHEST_KEY if older_than is None else older_than.position,
        START if before is None else decode_place(codec, before),
        last is not None,
        is_settled=older_than is not None and not older_than.seen and before is None,
    )


def decode_place(codec: CursorCodec, cursor: str) -> Place:
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
    snapshot: str | None
    """In which they were read, as `_log_snapshot.sql` or `_list_snapshot.sql` gives it, if the statement does."""
    looked_ahead: bool
    """Whether a row more than the limit was asked for."""
    horizon: Horizon | None
    """Of the statement; None if all that it gave is settled."""


def page_source(
    request: PageRequest,
    layout: Layout[EdgeRow],
    read: Read,
    snapshot: str | None,
    *,
    looked_ahead: bool = True,
) -> PageSource:
    """What pages of the statement have in common that was read in this snapshot, if it gave one."""
    horizon = None
    if not request.is_settled:
        if snapshot is not None:
            horizon = horizon_from_text(snapshot)
        if request.before.seen:
            horizon = (horizon or ALL_SETTLED)._replace(before=request.before)
    return PageSource(request, layout, read, snapshot, looked_ahead, horizon)


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
        if source.horizon is not None and rows:
            self._look_at(source.horizon)

    def _look_at(self, horizon: Horizon) -> None:
        """Has cursors say what was seen, unless the newest edge is settled: then all are."""
        if horizon.before is not None or self.edges.value(0, "position") > horizon.key:
            key, feed, subject, _ = self._codec
            self._codec = self.edges.shared = CursorCodec(key, feed, subject, horizon)

    @property
    def snapshot(self) -> str | None:
        """In which the rows were read, if the statement gave it."""
        return self._source.snapshot

    def cursor(self, index: int) -> str:
        """The cursor of an edge."""
        return self._codec.encode(self.edges.value(index, "position"))

    def has_older(self) -> bool | Awaitable[bool]:
        """Whether the list goes on behind the last edge. Cost: a statement if a cursor ends the page there."""
        request = self._source.request
        if self._more and not request.oldest_first:
            return True
        if request.before == START and (request.oldest_first or self._is_complete()):
            return False
        below = self.edges[-1].position if self.edges else request.before.position + 1
        return self._finds(PageRequest(1, below=below))

    def has_newer(self) -> bool | Awaitable[bool]:
        """Whether the list goes on before the first edge. Cost: a statement if a cursor ends the page there."""
        request = self._source.request
        if self._more and request.oldest_first:
            return True
        if request.below == HIGHEST_KEY and (not request.oldest_first or self._is_complete()):
            return False
        if self.edges:
            before = self._codec.place(self.edges[0].position)
        else:
            before = Place(request.below - 1, request.below - 1)
        return self._finds(PageRequest(1, before=before, oldest_first=True))

    def _is_complete(self) -> bool:
        # Whether the list goes on is not known of a page that is just full, unless we looked.
        return self._source.looked_ahead or len(self.edges) < self._source.request.limit

    async def _finds(self, request: PageRequest) -> bool:
        return bool(await self._source.read(request, self._codec))
