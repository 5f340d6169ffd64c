"""What resolvers read of a field."""

from __future__ import annotations

import strawberry
from graphql import FieldNode

from core.context import Context

Info = strawberry.Info[Context, None]


def may_ask_for(name: str, info: Info) -> bool:
    """Whether the client selects that field of the object; a fragment is not looked into."""
    for node in info._raw_info.field_nodes:  # noqa: SLF001  # cheaper than Strawberry's selected_fields
        if node.selection_set is not None:
            for selection in node.selection_set.selections:
                if not isinstance(selection, FieldNode) or selection.name.value == name:
                    return True
    return False
