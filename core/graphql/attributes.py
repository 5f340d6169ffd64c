"""Fields that are attributes of rows which a loader reads."""

from __future__ import annotations

from typing import Any

import strawberry

from core.execution import Loader, loaded
from core.graphql.info import Info
from core.loaders import AttributeLoader, ViewerLoader


def attribute_of(group: type[ViewerLoader[Any]], name: str, kind: Any, description: str) -> Any:
    """A field, an attribute of the rows of the loader `group`. All fields of a group share one statement."""

    def loader(info: Info) -> Loader[int, Any]:
        return info.context.loader(AttributeLoader, group, name)

    return strawberry.field(graphql_type=kind, description=description)(loaded("id")(loader))
