"""Compiled GraphQL execution. These are its public names; everything else is private to the room, except
`core.execution.explain`, which is for development: see README.md.
"""

from core.execution.api import Counters, Executor, FellBack
from core.execution.plan.variables import coerce_variable_values
from core.execution.run.resolve_info import LazyResolveInfo
from core.execution.schema.dataloaders import Loader, loaded
from core.execution.schema.hints import (
    GlobalIdEncoder,
    InstancesOf,
    PassthroughText,
    batch_resolver,
)
from core.execution.schema.row_layout import NOTHING, SHARED, Layout, Rows
from core.execution.strawberry_adapter import CompiledExecutionContext

__all__ = [
    "NOTHING",
    "SHARED",
    "CompiledExecutionContext",
    "Counters",
    "Executor",
    "FellBack",
    "GlobalIdEncoder",
    "InstancesOf",
    "Layout",
    "LazyResolveInfo",
    "Loader",
    "PassthroughText",
    "Rows",
    "batch_resolver",
    "coerce_variable_values",
    "loaded",
]
