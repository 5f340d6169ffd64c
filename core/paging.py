"""Keyset pages: what is requested, and what is returned."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, overload

from core.database.cursors import CursorCodec, CursorMalformed, TextCursorCodec
from core.database.list_positions import LIST_START, Horizon, ListPosition, horizon_from_text
from core.database.time_ordered_keys import HIGHEST_KEY
from core.errors import ClientError
from core.execution import Layout, Rows

MAX_PAGE_SIZE = 100
PAGE_BY_DEFAULT = 20
"""The value of `first` if neither `first` nor `last` is sent."""
ALL_SETTLED = Horizon(HIGHEST_KEY, "")
"""The horizon of a statement that returned no row above it."""
NO_HORIZON = HIGHEST_KEY
"""The horizon for statements whose rows' cursors are not made, or are all settled."""


class PageRequest(NamedTuple):
    """The requested part of a list: up to `limit` rows with before.lower_bound < position < below.

    These are the newest such rows, or with `oldest_first` the oldest.
    """

    limit: int
    below: int = HIGHEST_KEY
    before: ListPosition = LIST_START
    """The position of the reader; only newer rows are read."""
    oldest_first: bool = False
    is_settled: bool = False
    """Whether all rows below are settled: no row can still appear among them."""

    @property
    def variant(self) -> str:
        """The variant of a statement that reads in this direction and leaves out seen rows."""
        return (":oldest_first" if self.oldest_first else "") + (
            ":unseen" if self.before.seen else ""
        )

    @property
    def seen(self) -> tuple[list[int], list[str]] | tuple[()]:
        """The statement's arguments that describe seen rows: keys and snapshots."""
        seen = self.before.seen
        return ([each.up_to for each in seen], [each.snapshot for each in seen]) if seen else ()


def page_request(
    codec: CursorCodec,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    oldest_first: bool = False,
) -> PageRequest:
    """The validated request. Errors: BAD_PAGE, INVALID_CURSOR.

    `oldest_first`: whether the list begins with its oldest row, so that `first` and `after` mean what `last` and
    `before` mean otherwise.
    """
    if first is not None and last is not None:
        raise ClientError(
            "Send either `first` or `last`, not both; null for a variable that has a default.",
            "BAD_PAGE",
        )
    limit = first if last is None else last
    if limit is None:
        limit = PAGE_BY_DEFAULT
    if not 0 <= limit <= MAX_PAGE_SIZE:
        name = "first" if last is None else "last"
        raise ClientError(
            f"`{name}` is {limit}; it must be between 0 and {MAX_PAGE_SIZE}.", "BAD_PAGE"
        )
    below, above = (before, after) if oldest_first else (after, before)
    older_than = None if below is None else decode_position(codec, below)
    return PageRequest(
        limit,
        HIGHEST_KEY if older_than is None else older_than.key,
        LIST_START if above is None else decode_position(codec, above),
        (last is not None) != oldest_first,
        is_settled=older_than is not None and not older_than.seen and above is None,
    )


def page_limit(first: int | None) -> int:
    """How many edges a page has that can only be read from its first edge on. Errors: BAD_PAGE."""
    limit = PAGE_BY_DEFAULT if first is None else first
    if not 0 <= limit <= MAX_PAGE_SIZE:
        raise ClientError(
            f"`first` is {limit}; it must be between 0 and {MAX_PAGE_SIZE}.", "BAD_PAGE"
        )
    return limit


@overload
def decode_position(codec: CursorCodec, cursor: str) -> ListPosition: ...
@overload
def decode_position(codec: TextCursorCodec, cursor: str) -> str: ...
def decode_position(codec: CursorCodec | TextCursorCodec, cursor: str) -> ListPosition | str:
    """The position that the cursor encodes. Errors: INVALID_CURSOR."""
    try:
        return codec.decode(cursor)
    except CursorMalformed:
        raise ClientError(
            "This cursor does not belong to this list. Send `cursor`, `startCursor` or `endCursor` of an earlier page "
            "of the same list, or omit it to start at the first page.",
            "INVALID_CURSOR",
        ) from None


class EdgeRow(NamedTuple):
    """A row of a list, at its position."""

    node: Any
    position: int
    codec: CursorCodec
    shared_by: Any = None


Read = Callable[[PageRequest, CursorCodec], Awaitable[Sequence[Any]]]
"""Reads up to `limit` rows of the codec's list, in the order of the request, in one statement."""


class PageSource(NamedTuple):
    """What all pages of one statement share."""

    request: PageRequest
    layout: Layout[EdgeRow]
    """How rows become edges."""
    read: Read
    """Reads beyond the pages."""
    snapshot: str | None
    """The statement's snapshot, as `_log_snapshot.sql` or `_snapshot_above.sql` returns it; None if it returns none."""
    looked_ahead: bool
    """Whether one row more than the limit was requested."""
    horizon: Horizon | None
    """The statement's horizon; None if all its rows are settled."""


def page_source(
    request: PageRequest,
    layout: Layout[EdgeRow],
    read: Read,
    horizon_key: int,
    snapshot: str | None,
    *,
    looked_ahead: bool = True,
) -> PageSource:
    """The source of the pages of a statement.

    `horizon_key`: the horizon that the statement was given. `snapshot`: what it returned, if anything.
    """
    horizon = None
    if not request.is_settled:
        if snapshot is not None:
            horizon = horizon_from_text(horizon_key, snapshot)
        if request.before.seen:
            horizon = (horizon or ALL_SETTLED)._replace(before=request.before)
    return PageSource(request, layout, read, snapshot, looked_ahead, horizon)


class Page:
    """A page of a list: its edges, newest first, and whether there are more before and after them."""

    __slots__ = ("_codec", "_more", "_source", "edges")

    def __init__(self, rows: Sequence[Any], codec: CursorCodec, source: PageSource) -> None:
        """`rows`: what was read, in the order of the request."""
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
            self._apply_horizon(source.horizon)

    def _apply_horizon(self, horizon: Horizon) -> None:
        """Makes the cursors record which rows were seen, unless the newest edge is settled: then all are."""
        if horizon.before is not None or self.edges.value(0, "position") > horizon.key:
            keys, list_name, owner_id, _ = self._codec
            self._codec = self.edges.shared = CursorCodec(keys, list_name, owner_id, horizon)

    @property
    def snapshot(self) -> str | None:
        """The snapshot in which the rows were read, if the statement returned it."""
        return self._source.snapshot

    def cursor(self, index: int) -> str:
        """The cursor of an edge."""
        return self._codec.encode(self.edges.value(index, "position"))

    def has_older(self) -> bool | Awaitable[bool]:
        """Whether there are rows after the last edge. Cost: one statement if a cursor bounds the page there."""
        request = self._source.request
        if self._more and not request.oldest_first:
            return True
        if request.before == LIST_START and (request.oldest_first or self._is_complete()):
            return False
        below = self.edges[-1].position if self.edges else request.before.key + 1
        return self._exists(PageRequest(1, below=below))

    def has_newer(self) -> bool | Awaitable[bool]:
        """Whether there are rows before the first edge. Cost: one statement if a cursor bounds the page there."""
        request = self._source.request
        if self._more and request.oldest_first:
            return True
        if request.below == HIGHEST_KEY and (not request.oldest_first or self._is_complete()):
            return False
        if self.edges:
            before = self._codec.position_at(self.edges[0].position)
        else:
            before = ListPosition(request.below - 1, request.below - 1)
        return self._exists(PageRequest(1, before=before, oldest_first=True))

    def _is_complete(self) -> bool:
        # Without looking ahead, a full page does not show whether there are more rows.
        return self._source.looked_ahead or len(self.edges) < self._source.request.limit

    async def _exists(self, request: PageRequest) -> bool:
        return bool(await self._source.read(request, self._codec))


class ForwardPage:
    """A page of a list that is only read from its first edge on: one in an order of its own."""

    __slots__ = ("_codec", "_more", "_precedes", "edges", "snapshot")

    def __init__(
        self,
        layout: Layout[EdgeRow],
        rows: Sequence[Any],
        limit: int,
        codec: CursorCodec | TextCursorCodec,
        precedes: Callable[[], Awaitable[bool]] | None,
        snapshot: str | None = None,
    ) -> None:
        """`rows`: one more than the limit if there are more. `precedes`: whether there is an edge at the page's cursor
        or before it; None for the first page.
        """
        self._codec = codec
        self._more = len(rows) > limit
        self._precedes = precedes
        self.edges = Rows(layout, rows[:limit], codec)
        self.snapshot = snapshot

    def cursor(self, index: int) -> str:
        """The cursor of an edge."""
        return self._codec.encode(self.edges.value(index, "position"))

    def has_older(self) -> bool:
        """Whether there are edges after the last one."""
        return self._more

    def has_newer(self) -> bool | Awaitable[bool]:
        """Whether there are edges before the first one. Cost: one statement if a cursor bounds the page there."""
        return False if self._precedes is None else self._precedes()


class OldestFirstPage:
    """A page of a list that begins with its oldest row."""

    __slots__ = ("_page", "edges")

    def __init__(self, page: Page) -> None:
        """`page`: the same edges, newest first."""
        self._page = page
        edges = page.edges
        self.edges: Rows[EdgeRow] = Rows(edges.layout, edges.rows[::-1], edges.shared)

    def cursor(self, index: int) -> str:
        """The cursor of an edge."""
        return self._page.cursor(-1 - index)

    def has_older(self) -> bool | Awaitable[bool]:
        """Whether there are rows after the last edge. Cost: as of `Page`."""
        return self._page.has_newer()

    def has_newer(self) -> bool | Awaitable[bool]:
        """Whether there are rows before the first edge. Cost: as of `Page`."""
        return self._page.has_older()
