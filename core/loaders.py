"""Dataloaders for a viewer: by key, and for nested lists."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any, ClassVar, TypeVar

from core.context import Context
from core.database.cursors import CursorCodec
from core.database.database import Row
from core.database.statements import Variants, variant_for
from core.database.time_ordered_keys import key_array
from core.errors import ClientError
from core.execution import Layout, Loader, RowLists
from core.paging import (
    NO_HORIZON,
    EdgeRow,
    OldestFirstPage,
    Page,
    PageRequest,
    page_request,
    page_source,
)

V = TypeVar("V")
POSITION = itemgetter(1)
SNAPSHOT = itemgetter("snapshot")


class ViewerLoader(Loader[int, V]):
    """A loader whose result depends on the viewer."""

    def __init__(self, context: Context) -> None:
        # Not the context itself: it refers to its loaders, and only the garbage collector frees cycles.
        self.database = context.database
        self.viewer_id = context.viewer_id


class PageLoader(ViewerLoader[Page | OldestFirstPage]):
    """Pages of nested lists by the owner's key, such as the comments of posts: one statement for all owners.

    A subclass sets the list's name, its statement and the layout of its rows. The parameters of the statement are $1
    the viewer, $2 the owners' keys, $3 and $4 the bounds of the positions (below, above), $5 the limit, $6 the horizon
    unless `has_empty_rows`, then `extra_parameters`, then, in the variants that leave out seen rows, keys and
    snapshots. A row has the owner's key in `key_column`, the position in column 1 and, at least if it is above the
    horizon, a snapshot in the column `snapshot`. Rows are in the order of the page if `in_order`.
    """

    name: ClassVar[str]
    """The name of the list, in its cursors."""
    statement: ClassVar[Variants]
    layout: ClassVar[Layout[EdgeRow]]
    """How rows become edges."""
    key_column: ClassVar[int] = 0
    extra_parameters: tuple[Any, ...] = ()
    """The parameters of the statement after the horizon."""
    oldest_first: ClassVar[bool] = False
    """Whether the list begins with its oldest row."""
    in_order: ClassVar[bool] = True
    """Whether the statement gives rows in the order of the page; if not, they are sorted here: to sort whole rows takes
    PostgreSQL several times as long."""
    has_empty_rows: ClassVar[bool] = False
    """Whether each row has the snapshot, and an empty page a row without a position that has it."""

    def __init__(
        self,
        context: Context,
        first: int | None,
        after: str | None,
        last: int | None = None,
        before: str | None = None,
        looks_ahead: bool = True,
    ) -> None:
        """`looks_ahead`: whether one row more than the page is read, to know whether there is a next page."""
        super().__init__(context)
        self._signer = context.services.cursors
        self._horizon = context.services.list_horizon
        self._arguments: dict[str, Any] = {
            "first": first,
            "after": after,
            "last": last,
            "before": before,
        }
        self._bounded = after is not None or before is not None
        self._ahead = int(looks_ahead)

    async def fetch(self, keys: list[int]) -> Sequence[Page | OldestFirstPage | BaseException]:
        if not self._bounded:
            return await self._pages(keys)
        # A cursor belongs to the list of one owner; the other owners' lists refuse it.
        return [page for key in keys for page in await self._pages([key])]

    async def _pages(self, keys: list[int]) -> Sequence[Page | OldestFirstPage | BaseException]:
        """The same page of several lists."""
        try:
            codec = self._codecs(keys[:1])[0]
            request = page_request(codec, **self._arguments, oldest_first=self.oldest_first)
        except ClientError as error:
            return [error] * len(keys)
        horizon = NO_HORIZON if request.is_settled else await self._horizon.key()
        found = await self._rows(keys, request, self._ahead, horizon)
        if self.in_order:
            snapshot = next(filter(None, map(SNAPSHOT, found)), None)
        else:
            found.sort(key=POSITION, reverse=not request.oldest_first)
            # If any row is above the horizon, the newest is.
            snapshot = SNAPSHOT(found[-1 if request.oldest_first else 0]) if found else None
        if self.has_empty_rows:
            found = _without_empty(found)
        column = self.key_column
        rows: dict[int, list[Row]] = {key: [] for key in keys}
        for row in found:
            rows[row[column]].append(row)
        ahead = bool(self._ahead)
        source = page_source(
            request, self.layout, self._read_beyond, horizon, snapshot, looked_ahead=ahead
        )

        def pages() -> list[Page]:
            return list(map(Page, rows.values(), self._codecs(keys), repeat(source)))

        if self.oldest_first:
            return list(map(OldestFirstPage, pages()))
        if ahead or request.oldest_first:
            return pages()
        # The rows are those of the pages, in their order: pages are made only for what else is asked of them.
        return RowLists(Page, "edges", self.layout, [*rows.values()], pages)

    def _codecs(self, keys: list[int]) -> list[CursorCodec]:
        """The codecs of the lists of these owners."""
        return self._signer.codecs(self.name, keys)

    async def _read_beyond(self, request: PageRequest, codec: CursorCodec) -> list[Row]:
        return _without_empty(await self._rows([codec.owner_id], request, 0, NO_HORIZON))

    def _rows(
        self, keys: list[int], request: PageRequest, ahead: int, horizon: int
    ) -> Awaitable[list[Row]]:
        return self.database.fetch_jointly(
            self.statement,
            variant_for(self.viewer_id) + request.variant,
            self.viewer_id,
            key_array(keys),
            request.below,
            request.before.lower_bound,
            request.limit + ahead,
            *(() if self.has_empty_rows else (horizon,)),
            *self.extra_parameters,
            *request.seen,
        )


def _without_empty(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row[1] is not None]
