"""Relay connections over keyset pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from strawberry.types.field import StrawberryField

from core.database.cursors import MAX_CURSOR_LENGTH, CursorCodec
from core.execution import batch_resolver, loaded
from core.graphql.info import Info, may_select
from core.graphql.limits.directives import FREE, PAGE
from core.loaders import PageLoader
from core.paging import MAX_PAGE_SIZE, PAGE_BY_DEFAULT, Page

T = TypeVar("T")

CURSOR_BOUND = f"at most {MAX_CURSOR_LENGTH:,} characters"
EDGES = f"The page's edges, in the list's order; at most {MAX_PAGE_SIZE}."

First = Annotated[
    int | None,
    strawberry.argument(
        description=f"The number of edges from the start of the list, 0 to {MAX_PAGE_SIZE}. "
        f"If neither `first` nor `last` is sent, {PAGE_BY_DEFAULT}."
    ),
]
After = Annotated[
    str | None,
    strawberry.argument(description=f"Only edges that follow this cursor, {CURSOR_BOUND}."),
]
Last = Annotated[
    int | None,
    strawberry.argument(
        description=f"The number of edges from the end of the list, 0 to {MAX_PAGE_SIZE}. Not together with `first`."
    ),
]
Before = Annotated[
    str | None,
    strawberry.argument(description=f"Only edges that precede this cursor, {CURSOR_BOUND}."),
]

looks_ahead = may_select("pageInfo")
"""Whether a page has to know of rows beyond it."""


def connection_field(
    loader: Callable[..., PageLoader],
    connection_type: Any,
    description: str,
    *decisions: Callable[[Info], bool],
) -> Any:
    """A field that gives the pages of each parent, by the parent's `id`.

    `decisions`: give the further arguments of the loader's class, from the field's place in the document.
    """

    def choose(
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> PageLoader:
        decided = (decide(info) for decide in decisions)
        page = (first, after, last, before, looks_ahead(info))
        return info.context.loader(loader, *page, *decided)

    return strawberry.field(
        graphql_type=connection_type, description=description, directives=[PAGE]
    )(loaded("id")(choose))


@strawberry.type(
    description=(
        "Whether further pages exist, and the cursors to read them. Both flags are exact in "
        "either direction of paging."
    ),
    directives=[FREE],
)
class PageInfo:
    @strawberry.field(description="Whether more edges follow the page's last edge.")
    @staticmethod
    def has_next_page(root: strawberry.Parent[Page]) -> bool:
        return root.has_older()  # type: ignore[return-value]  # executors await it

    @strawberry.field(description="Whether more edges precede the page's first edge.")
    @staticmethod
    def has_previous_page(root: strawberry.Parent[Page]) -> bool:
        return root.has_newer()  # type: ignore[return-value]  # as above

    @strawberry.field(
        description=f"The cursor of the first edge, {CURSOR_BOUND}; null for an empty page."
    )
    @staticmethod
    def start_cursor(root: strawberry.Parent[Page]) -> str | None:
        return root.cursor(0) if root.edges else None

    @strawberry.field(
        description=f"The cursor of the last edge, {CURSOR_BOUND}; null for an empty page."
    )
    @staticmethod
    def end_cursor(root: strawberry.Parent[Page]) -> str | None:
        return root.cursor(-1) if root.edges else None


def cursors_at(positions: list[int], codecs: list[CursorCodec]) -> list[str]:
    """The opaque cursors of edges."""
    if codecs.count(codecs[0]) == len(codecs):
        return codecs[0].encode_all(positions)
    return [codec.encode(position) for position, codec in zip(positions, codecs, strict=True)]


@strawberry.type(description="An edge of a list.")
class Edge(Generic[T]):
    node: T = strawberry.field(description="The object at this edge.", directives=[FREE])

    cursor: str = strawberry.field(
        resolver=batch_resolver("position", "codec")(cursors_at),
        graphql_type=str,
        description=f"The edge's opaque cursor, for `after` and `before`; {CURSOR_BOUND}.",
    )


@strawberry.type(description="A page of a list, newest first.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description=EDGES)

    @strawberry.field(description="Whether further pages exist, and the cursors to read them.")
    @staticmethod
    def page_info(root: strawberry.Parent[Page]) -> PageInfo:
        page: Any = root
        return page  # type: ignore[no-any-return]  # PageInfo resolves its fields from a Page


def extend_type(kind: type, extension: type) -> None:
    """Adds the fields of `extension` to a GraphQL type of a lower layer. Call before the schema is built."""
    fields_of(kind).extend(fields_of(extension))


def fields_of(kind: type) -> list[StrawberryField]:
    """The fields of a GraphQL type, as Strawberry keeps them."""
    fields: list[StrawberryField] = kind.__strawberry_definition__.fields  # type: ignore[attr-defined]  # strawberry's mark
    return fields
