"""Loaders of nested lists: a page for each of many owners, in one statement."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from core.execution.loading import Loader
from core.graphql.context import Context
from core.graphql.errors import ClientError
from core.graphql.pages import EdgeRow, Page, PageRequest, page_request


class PageLoader(Loader[int, Page]):
    """Pages by the key of the list's owner: the comments of each post.

    A subclass names its list and the statement, and makes edges. The statement takes $1 the viewer, $2 the owners'
    keys, $3 and $4 for each owner the positions that bound the page (below, above), $5 the limit; its rows begin
    with the owner's key and the row's position, in the order of the page.
    """

    name: ClassVar[str]
    """Names the list in its cursors."""
    statements: ClassVar[Mapping[str, str]]
    statement: ClassVar[str]
    snapshot_column: ClassVar[int | None] = None
    """Where the rows carry PostgreSQL's snapshot, if they do; then there is a row for each owner."""

    def __init__(
        self,
        context: Context,
        first: int | None,
        after: str | None,
        last: int | None = None,
        before: str | None = None,
    ) -> None:
        super().__init__()
        self.context = context
        self._arguments: dict[str, Any] = {
            "first": first,
            "after": after,
            "last": last,
            "before": before,
        }

    @abstractmethod
    def edge(self, row: Sequence[Any], request: PageRequest) -> EdgeRow:
        """The edge that a row of the statement gives."""

    async def fetch(self, keys: list[int]) -> list[Page | BaseException]:
        codec = self.context.services.cursors.codec
        requests: dict[int, PageRequest] = {}
        refused: dict[int, BaseException] = {}
        for key in keys:
            try:
                requests[key] = page_request(codec(self.name, key), **self._arguments)
            except ClientError as error:
                refused[key] = error
        pages = await self._read(requests) if requests else {}
        return [refused[key] if key in refused else pages[key] for key in keys]

    async def _read(self, requests: Mapping[int, PageRequest]) -> dict[int, Page]:
        rows = await self._rows(requests, more=1)
        snapshot = "" if self.snapshot_column is None else rows[0][self.snapshot_column]
        edges: dict[int, list[EdgeRow]] = {key: [] for key in requests}
        for row in rows:
            if row[1] is not None:
                edges[row[0]].append(self.edge(row, requests[row[0]]))
        return {
            key: Page(edges[key], request, partial(self._beyond, key), snapshot)
            for key, request in requests.items()
        }

    async def _beyond(self, key: int, request: PageRequest) -> list[EdgeRow]:
        rows = await self._rows({key: request}, more=0)
        return [self.edge(row, request) for row in rows if row[1] is not None]

    async def _rows(
        self, requests: Mapping[int, PageRequest], more: int
    ) -> Sequence[Sequence[Any]]:
        some = next(iter(requests.values()))
        return await self.context.database.fetch(
            self.statements[self.statement + some.suffix],
            self.context.viewer_id,
            list(requests),
            [request.below for request in requests.values()],
            [request.above for request in requests.values()],
            some.limit + more,
        )
