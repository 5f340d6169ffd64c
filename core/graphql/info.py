"""What resolvers read from their `info` argument."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import strawberry
from graphql import FieldNode

from core.context import Context
from core.execution import LazyResolveInfo

Info = strawberry.Info[Context, None]


def cached_per_field(decide: Callable[[Info], bool]) -> Callable[[Info], bool]:
    """Caches the decision with the field of a plan: it may depend only on the document, not on a request."""

    @wraps(decide)
    def decided(info: Info) -> bool:
        raw: Any = info._raw_info  # noqa: SLF001  # the executor's own info
        if type(raw) is not LazyResolveInfo:
            return decide(info)
        known = raw.field.decided
        if decide not in known:
            known[decide] = decide(info)
        return known[decide]

    return decided


def may_select(name: str) -> Callable[[Info], bool]:
    """Decides whether the client may select this field of the object: true for any fragment, unread."""

    @cached_per_field
    def decide(info: Info) -> bool:
        return any(
            not isinstance(selection, FieldNode) or selection.name.value == name
            for node in info._raw_info.field_nodes  # noqa: SLF001  # cheaper than selected_fields
            if node.selection_set is not None
            for selection in node.selection_set.selections
        )

    return decide
