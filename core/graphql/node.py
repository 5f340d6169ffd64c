"""Relay's global object identification: `Node`, `node` and `nodes`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import strawberry

from core.context import Context
from core.errors import ClientError
from core.execution import batch_resolver
from core.graphql.limits.directives import ListSize
from core.ids import MAX_ID_LENGTH, id_encoder, parse_id

MAX_NODES = 100

ID_BOUND = f"at most {MAX_ID_LENGTH} characters"

Id = Annotated[
    strawberry.ID,
    strawberry.argument(description=f"A global id, as the API returned it; {ID_BOUND}."),
]


@strawberry.interface(description="An object with a global id.")
class Node:
    id: strawberry.ID = strawberry.field(description=f"The object's opaque global id, {ID_BOUND}.")


def id_field(type_name: str, description: str) -> Any:
    """The field `id` of a type: the global id made from the key `id` of its rows.

    `description`: without a full stop; the bound follows.
    """
    return strawberry.field(graphql_type=strawberry.ID, description=f"{description}, {ID_BOUND}.")(
        batch_resolver("id")(id_encoder(type_name))
    )


FindNodes = Callable[[Context, list[int]], Awaitable[Sequence[Any | None]]]
"""Returns rows by key, None for those not visible to the viewer. Order: of the keys."""


class NodeTypes:
    """Finds the objects of each type by key. Types are registered before the schema is built."""

    def __init__(self) -> None:
        self._find: dict[str, FindNodes] = {}

    def register(self, type_name: str, find: FindNodes) -> None:
        self._find[type_name] = find

    async def find(self, context: Context, ids: Sequence[str]) -> list[Any | None]:
        """The objects, None for those not found. Order: of `ids`.

        Errors: BAD_ID, TOO_MANY_IDS. Cost: one statement for each type.
        """
        if len(ids) > MAX_NODES:
            raise ClientError(
                f"{len(ids)} ids were sent; {MAX_NODES} are allowed. Send fewer.",
                "TOO_MANY_IDS",
            )
        wanted = [parse_id(text) for text in ids]
        rows: dict[tuple[str, int], Any | None] = {}
        for type_name, find in self._find.items():
            keys = list(dict.fromkeys(key for name, key in wanted if name == type_name))
            if keys:
                for key, row in zip(keys, await find(context, keys), strict=True):
                    rows[type_name, key] = row
        return [rows.get(pair) for pair in wanted]


NODE_TYPES = NodeTypes()


@strawberry.type
class NodeQuery:
    @strawberry.field(description="The object with this id; null if none is visible to the viewer.")
    async def node(self, info: strawberry.Info, id: Id) -> Node | None:
        found: Node | None = (await NODE_TYPES.find(info.context, [id]))[0]
        return found

    @strawberry.field(
        description=f"The objects with these ids, in the same order, null for each that is not visible to the viewer; "
        f"at most {MAX_NODES} ids.",
        directives=[
            ListSize(slicing_arguments=["ids"], require_one_slicing_argument=False),
        ],
    )
    async def nodes(
        self,
        info: strawberry.Info,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(
                description=f"Global ids, as the API returned them: at most {MAX_NODES}, each of {ID_BOUND}."
            ),
        ],
    ) -> list[Node | None]:
        return await NODE_TYPES.find(info.context, ids)
