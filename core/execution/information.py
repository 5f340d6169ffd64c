"""What resolvers are told about the place where they run."""

from __future__ import annotations

import dis
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import GraphQLResolveInfo
from graphql.pyutils import Path, gather_with_cancel
from graphql.type import GraphQLResolveInfoHelpers

from core.execution.coroutines import abandon
from core.execution.positions import Level

if TYPE_CHECKING:
    from core.execution.fields import Field
    from core.execution.run import Run


class _Told(NamedTuple):
    field_name: str
    field_nodes: list[Any]
    return_type: Any
    parent_type: Any
    place: tuple[Level, int, Field]
    schema: Any
    fragments: dict[str, Any]
    root_value: Any
    operation: Any
    variable_values: Any
    context: Any
    is_awaitable: Callable[[Any], bool]
    abort_signal: Any
    async_helpers: Any
    operation_extensions: dict[str, Any] | None


class Told(_Told):
    """What Strawberry reads of graphql-core's info. The path is put together when it is asked for."""

    __slots__ = ()

    @property
    def path(self) -> Path:
        level, index, field = self.place
        return Path(level.path(index), field.key, field.parent_type.name)


def information(run: Run, field: Field, level: Level, index: int) -> Any:
    """The info for a resolver, for one object of a level."""
    if run.build_info is not None:
        path = Path(level.path(index), field.key, field.parent_type.name)
        return run.build_info(field.definition, field.nodes, field.parent_type, path)
    plan = run.plan
    if plan.strawberry_schema is not None:
        return Told(
            field.name,
            field.nodes,
            field.definition.type,
            field.parent_type,
            (level, index, field),
            plan.schema,
            plan.fragment_definitions,
            run.root,
            plan.operation,
            run.variables.coerced,
            run.context,
            run.is_awaitable,
            None,
            HELPERS,
            run.operation_extensions,
        )
    return GraphQLResolveInfo(
        field.name,
        field.nodes,
        field.definition.type,
        field.parent_type,
        Path(level.path(index), field.key, field.parent_type.name),
        plan.schema,
        plan.fragment_definitions,
        run.root,
        plan.operation,
        run.variables,
        run.context,
        run.is_awaitable,
        None,
        HELPERS,
    )


def _gather(values: Sequence[Any]) -> Any:
    return gather_with_cancel(*values)


HELPERS = GraphQLResolveInfoHelpers(gather=_gather, track=abandon)


@lru_cache(maxsize=4096)
def ignores_parameter(function: Any, position: int) -> bool:
    """Whether a function never looks at its parameter at that position (0 for the first after `self`)."""
    if isinstance(function, MethodType):
        return ignores_parameter(function.__func__, position + 1)
    if not isinstance(function, FunctionType):
        return False
    code = function.__code__
    if position >= code.co_argcount or {"locals", "vars", "eval", "exec"} & {*code.co_names}:
        return False
    name = code.co_varnames[position]
    if name in code.co_cellvars:
        return False
    return not any(
        instruction.argval == name and instruction.opname.startswith(("LOAD_FAST", "LOAD_CLOSURE"))
        for instruction in dis.get_instructions(code)
    )
