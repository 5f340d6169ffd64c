"""Fields whose values are read by a loader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import strawberry

from core.execution import loaded
from core.graphql.info import Info
from core.loaders import ViewerLoader


def loaded_field(
    key: str,
    loader: type[ViewerLoader[Any]],
    kind: Any,
    description: str,
    *arguments: Any,
    directives: Sequence[object] = (),
) -> Any:
    """A field whose value the loader reads by the attribute `key` of the row. `arguments`: of the loader's class."""

    def choose(info: Info) -> ViewerLoader[Any]:
        return info.context.loader(loader, *arguments)

    return strawberry.field(graphql_type=kind, description=description, directives=directives)(
        loaded(key)(choose)
    )


def attribute_of(
    group: type[ViewerLoader[Any]],
    name: str,
    kind: Any,
    description: str,
    *decisions: Callable[[Info], bool],
) -> Any:
    """A field, an attribute of the rows of the loader `group`. All fields of a group share one statement.

    `decisions`: give the arguments of the loader's class, from the field's place in the document; the same for all
    fields of the group.
    """

    def choose(info: Info) -> ViewerLoader[Any]:
        return info.context.loader(group, *(decide(info) for decide in decisions))

    return strawberry.field(graphql_type=kind, description=description)(loaded("id", name)(choose))
