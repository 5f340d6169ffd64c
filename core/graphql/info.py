"""What resolvers read of a field."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import strawberry
from graphql import FieldNode

from core.context import Context
from core.execution.information import Told

Info = strawberry.Info[Context, None]


def once_a_field(decide: Callable[[Info], bool]) -> Callable[[Info], bool]:
    """Decides once for each field of a plan, not in each run: only the field's place in its document may decide."""

    @wraps(decide)
    def decided(info: Info) -> bool:
        raw: Any = info._raw_info  # noqa: SLF001  # what the executor gives
        if type(raw) is not Told:
            return decide(info)
        known = raw.field.decided
        if decide not in known:
            known[decide] = decide(info)
        return known[decide]

    return decided


def may_ask_for(name: str, info: Info) -> bool:
    """Whether the client selects that field of the object; a fragment is not looked into."""
    for node in info._raw_info.field_nodes:  # noqa: SLF001  # cheaper than Strawberry's selected_fields
        if node.selection_set is not None:
            for selection in node.selection_set.selections:
                if not isinstance(selection, FieldNode) or selection.name.value == name:
                    return True
    return False
