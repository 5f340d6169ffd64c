"""Loaders that read the database for a viewer, and those of nested lists among them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from core.database.keys import key_array
from core.database.pool import Row
from core.execution.loading import Loader
from core.execution.rows import Layout
from core.graphql.context import Context, Info, may_ask_for
from core.graphql.errors import ClientError
from core.graphql.pages import EdgeRow, Page, PageRequest, page_request, request_row

V = TypeVar("V")
P = TypeVar("P", bound="PageLoader")


def page_loader(
    info: Info,
    kind: Callable[..., P],
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> P:
    """The request's loader of pages for a field's arguments."""
    return info.context.loader(kind, first, after, last, before, may_ask_for("pageInfo", info))


class ViewerLoader(Loader[int, V]):
    """A loader that reads for whoever asks."""

    def __init__(self, context: Context) -> None:
        # Not the context itself: it holds its loaders, and cycles wait for the collector.
        self.database = context.database
        self.viewer_id = context.viewer_id


class PageLoader(ViewerLoader[Page]):
    """Pages by the key of the list's owner, a page for each of many in one statement: the comments of posts.

    A subclass names its list, the statement and the layout of its rows. The statement takes $1 the viewer,
    $2 the owners' keys, $3 and $4 the positions that bound the pages (below, above), $5 the limit; its rows
    have the owner's key in `key_column` and the position in column 1, and are in the order of the page.
    """

    name: ClassVar[str]
    """Names the list in its cursors."""
    statements: ClassVar[Mapping[str, str]]
    statement: ClassVar[str]
    layout: ClassVar[Layout[EdgeRow]]
    """Of the rows, as edges."""
    key_column: ClassVar[int] = 0
    snapshot_column: ClassVar[int | None] = None
    """Where the rows carry PostgreSQL's snapshot, if they do; then there is a row for each owner."""

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
        self._codec = context.services.cursors.codec
        self._bounds = (after, before)
        self._arguments: dict[str, Any] = {
            "first": first,
            "after": after,
            "last": last,
            "before": before,
        }
        self._ahead = int(looks_ahead)

    async def fetch(self, keys: list[int]) -> list[Page | BaseException]:
        requests, refused = self._requests(keys)
        pages = await self._read(requests) if requests else {}
        if not refused:
            return [pages[key] for key in keys]
        return [refused[key] if key in refused else pages[key] for key in keys]

    def _requests(self, keys: list[int]) -> tuple[dict[int, PageRequest], dict[int, BaseException]]:
        """What is asked for, and what is wrong with that, by owner."""
        codec, name = self._codec, self.name
        if self._bounds == (None, None):
            try:
                _, *same = page_request(codec(name), **self._arguments)
            except ClientError as error:
                return {}, dict.fromkeys(keys, error)
            return {key: request_row((codec(name, key), *same)) for key in keys}, {}
        requests: dict[int, PageRequest] = {}
        refused: dict[int, BaseException] = {}
        for key in keys:
            try:
                requests[key] = page_request(codec(name, key), **self._arguments)
            except ClientError as error:
                refused[key] = error
        return requests, refused

    async def _read(self, requests: Mapping[int, PageRequest]) -> dict[int, Page]:
        # Without cursors all owners' requests say the same; with one there is a single owner whose list it is of.
        found = await self._rows(requests, next(iter(requests.values())), self._ahead)
        snapshot = None if self.snapshot_column is None else found[0][self.snapshot_column]
        column = self.key_column
        rows: dict[int, list[Row]] = {key: [] for key in requests}
        for row in found:
            # An owner without rows has one, too, for the snapshot's sake.
            if row[1] is not None:
                rows[row[column]].append(row)
        layout, read, ahead = self.layout, self._beyond, bool(self._ahead)
        return {
            key: Page(rows[key], layout, request, read, snapshot, owner=key, looked_ahead=ahead)
            for key, request in requests.items()
        }

    async def _beyond(self, request: PageRequest, key: int) -> list[Row]:
        return [row for row in await self._rows([key], request, 0) if row[1] is not None]

    def _rows(self, keys: Iterable[int], request: PageRequest, ahead: int) -> Awaitable[list[Row]]:
        return self.database.fetch(
            self.statements[self.statement + request.suffix],
            self.viewer_id,
            key_array(keys),
            request.below,
            request.above,
            request.limit + ahead,
        )
