"""Dataloaders for a viewer: by key, and for nested lists."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from itertools import repeat
from typing import Any, ClassVar, TypeVar

from core.context import Context
from core.database.cursors import CursorCodec
from core.database.database import Row
from core.database.statements import Variants
from core.database.time_ordered_keys import key_array
from core.errors import ClientError
from core.execution.loading import Loader
from core.execution.rows import Layout
from core.paging import EdgeRow, Page, PageRequest, page_request, page_source

V = TypeVar("V")


class ViewerLoader(Loader[int, V]):
    """A loader that reads for whoever asks."""

    def __init__(self, context: Context) -> None:
        # Not the context itself: it holds its loaders, and cycles wait for the collector.
        self.database = context.database
        self.viewer_id = context.viewer_id


class PageLoader(ViewerLoader[Page]):
    """Pages by the key of the list's owner, a page for each of many in one statement: the comments of posts.

    A subclass names its list, the statement and the layout of its rows. The statement takes $1 the viewer,
    $2 the owners' keys, $3 and $4 the positions that bound the pages (below, above), $5 the limit, then
    `extra_parameters`, then, if it leaves out what a reader has seen, keys and snapshots. Its rows have the owner's
    key in `key_column`, the position in column 1 and the snapshot in the last, at least where the position is above
    its horizon. They are in the order of the page.
    """

    name: ClassVar[str]
    """Names the list in its cursors."""
    statement: ClassVar[Variants]
    layout: ClassVar[Layout[EdgeRow]]
    """Of the rows, as edges."""
    key_column: ClassVar[int] = 0
    extra_parameters: tuple[Any, ...] = ()
    """Of the statement, from $6 on."""
    has_empty_rows: ClassVar[bool] = False
    """Whether there is a row for an owner whose page is empty: without a position, for the snapshot's sake."""

    def __init__(
        self,
        context: Context,
        first: int | None,
        after: str | None,
        last: int | None = None,
        before: str | None = None,
        looks_ahead: bool = True,
    ) -> None:
        """`looks_ahead`: whether a row more than the page is read, to know whether the list goes on."""
        super().__init__(context)
        self._signer = context.services.cursors
        self._arguments: dict[str, Any] = {
            "first": first,
            "after": after,
            "last": last,
            "before": before,
        }
        self._bounded = after is not None or before is not None
        self._ahead = int(looks_ahead)

    async def fetch(self, keys: list[int]) -> Sequence[Page | BaseException]:
        if not self._bounded:
            return await self._pages(keys)
        # A cursor is one of a single owner's list; the others refuse it.
        return [page for key in keys for page in await self._pages([key])]

    async def _pages(self, keys: list[int]) -> Sequence[Page | BaseException]:
        """The pages of lists that are asked for the same part."""
        codecs = self._signer.codecs(self.name, keys)
        try:
            request = page_request(codecs[0], **self._arguments)
        except ClientError as error:
            return [error] * len(keys)
        found = await self._rows(keys, request, self._ahead)
        snapshot = next((row[-1] for row in found if row[-1] is not None), None)
        if self.has_empty_rows:
            found = _without_empty(found)
        column = self.key_column
        rows: dict[int, list[Row]] = {key: [] for key in keys}
        for row in found:
            rows[row[column]].append(row)
        ahead = bool(self._ahead)
        source = page_source(request, self.layout, self._beyond, snapshot, looked_ahead=ahead)
        return list(map(Page, rows.values(), codecs, repeat(source)))

    async def _beyond(self, request: PageRequest, codec: CursorCodec) -> list[Row]:
        return _without_empty(await self._rows([codec.subject], request, 0))

    def _rows(self, keys: list[int], request: PageRequest, ahead: int) -> Awaitable[list[Row]]:
        return self.database.fetch(
            self.statement[request.variant],
            self.viewer_id,
            key_array(keys),
            request.below,
            request.before.baseline,
            request.limit + ahead,
            *self.extra_parameters,
            *request.seen,
        )


def _without_empty(rows: list[Row]) -> list[Row]:
    # An owner without rows has one, too, where rows carry the snapshot.
    return [row for row in rows if row[1] is not None]
