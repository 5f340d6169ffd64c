"""Compiled GraphQL execution. These are its public names; everything else is private to the room, except
`core.execution.explain`, which is for development: see README.md.

What needs graphql-core or Strawberry is imported at its first use: their import takes 0.3 s, and workers and commands,
which know row layouts and loaders only, do without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from core.execution.schema.dataloaders import Loader, loaded
from core.execution.schema.hints import (
    GlobalIdEncoder,
    InstancesOf,
    PassthroughText,
    batch_resolver,
)
from core.execution.schema.row_layout import NOTHING, SHARED, Fixed, Layout, RowLists, Rows

if TYPE_CHECKING:
    from core.execution.api import Counters, Executor, FellBack
    from core.execution.plan.parsed_bytes import parsed_bytes
    from core.execution.plan.variables import coerce_variable_values
    from core.execution.run.resolve_info import LazyResolveInfo
    from core.execution.strawberry_adapter import CompiledExecutionContext

__all__ = [
    "NOTHING",
    "SHARED",
    "CompiledExecutionContext",
    "Counters",
    "Executor",
    "FellBack",
    "Fixed",
    "GlobalIdEncoder",
    "InstancesOf",
    "Layout",
    "LazyResolveInfo",
    "Loader",
    "PassthroughText",
    "RowLists",
    "Rows",
    "batch_resolver",
    "coerce_variable_values",
    "loaded",
    "parsed_bytes",
]

_IMPORTED_AT_USE = {
    "CompiledExecutionContext": "strawberry_adapter",
    "Counters": "api",
    "Executor": "api",
    "FellBack": "api",
    "LazyResolveInfo": "run.resolve_info",
    "coerce_variable_values": "plan.variables",
    "parsed_bytes": "plan.parsed_bytes",
}


def __getattr__(name: str) -> object:
    if name not in _IMPORTED_AT_USE:
        raise AttributeError(f"{__name__} has no public name {name}.")
    return getattr(import_module(f"{__name__}.{_IMPORTED_AT_USE[name]}"), name)
