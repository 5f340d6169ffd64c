"""Fields that are attributes of rows which a loader reads."""

from __future__ import annotations

from typing import Any

import strawberry

from core.execution import loaded
from core.graphql.info import Info
from core.loaders import ViewerLoader


def attribute_of(group: type[ViewerLoader[Any]], name: str, kind: Any, description: str) -> Any:
    """A field, an attribute of the rows of the loader `group`. All fields of a group share one statement."""

    def choose(info: Info) -> ViewerLoader[Any]:
        return info.context.loader(group)

    return strawberry.field(graphql_type=kind, description=description)(loaded("id", name)(choose))
