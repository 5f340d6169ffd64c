"""The info that resolvers get, and their arguments (specification 6.4.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from graphql import FieldNode, GraphQLResolveInfo
from graphql.pyutils import Path, gather_with_cancel
from graphql.type import GraphQLResolveInfoHelpers
from strawberry.schema.schema import _OperationContextAwareGraphQLResolveInfo as EagerResolveInfo

from core.execution.plan.arguments import ArgumentValues
from core.execution.plan.selection import NO_ARGUMENTS, Field
from core.execution.run.batches import ObjectBatch
from core.execution.run.eager_tasks import abandon
from core.execution.run.state import ExecutionState


class LazyResolveInfo:
    """What Strawberry reads of graphql-core's info. Most resolvers read only `context`; the rest is made if needed."""

    __slots__ = ("_index", "_parents", "_state", "context", "field")

    def __init__(
        self, state: ExecutionState, field: Field, parents: ObjectBatch, index: int
    ) -> None:
        self._state = state
        self.field = field
        self._parents = parents
        self._index = index
        self.context = state.context

    @property
    def field_nodes(self) -> list[FieldNode]:
        return self.field.nodes

    @property
    def _whole(self) -> EagerResolveInfo:
        state = self._state
        path = _path(self.field, self._parents, self._index)
        variables, extensions = state.variables.coerced, state.operation_extensions
        return EagerResolveInfo._make((*_parts(state, self.field, path, variables), extensions))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            # `copy` asks for special methods before there are any slots.
            raise AttributeError(name)
        return getattr(self._whole, name)

    # As a named tuple, which graphql-core's info is.

    def __iter__(self) -> Iterator[Any]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(EagerResolveInfo._fields)

    def __getitem__(self, index: int) -> Any:
        return self._whole[index]

    def __repr__(self) -> str:
        return repr(self._whole)


def resolve_info(state: ExecutionState, field: Field, parents: ObjectBatch, index: int) -> Any:
    """graphql-core's info for the resolver of one parent."""
    if state.plan.strawberry_schema is not None and state.build_info is None:
        return LazyResolveInfo(state, field, parents, index)
    path = _path(field, parents, index)
    if state.build_info is not None:
        return state.build_info(field.definition, field.nodes, field.parent_type, path)
    return GraphQLResolveInfo(*_parts(state, field, path, state.variables))


def _path(field: Field, parents: ObjectBatch, index: int) -> Path:
    return Path(parents.path(index), field.key, field.parent_type.name)


def _parts(state: ExecutionState, field: Field, path: Path, variables: Any) -> tuple[Any, ...]:
    """The values of graphql-core's info, in their order."""
    plan = state.plan
    return (
        field.name,
        field.nodes,
        field.definition.type,
        field.parent_type,
        path,
        plan.schema,
        plan.fragment_definitions,
        state.root,
        plan.operation,
        variables,
        state.context,
        state.is_awaitable,
        None,
        HELPERS,
    )


def strawberry_info(state: ExecutionState, field: Field, parents: ObjectBatch, index: int) -> Any:
    """Strawberry's info for the resolver of one parent."""
    raw = resolve_info(state, field, parents, index)
    schema: Any = state.plan.strawberry_schema
    return schema.config.info_class(_raw_info=raw, _field=field.schema_field.strawberry_field)


def python_arguments(
    state: ExecutionState, field: Field, parents: ObjectBatch, index: int
) -> ArgumentValues:
    """The arguments as Strawberry passes them to the resolver. Errors: whatever conversion raises."""
    if field.arguments is None:
        return NO_ARGUMENTS
    values = field.arguments.values(state.variables)
    python = field.schema_field.python_arguments
    if python is None or python.same:
        return values
    return python.values(values, partial(strawberry_info, state, field, parents, index))


def _gather(values: Sequence[Any]) -> Any:
    return gather_with_cancel(*values)


HELPERS = GraphQLResolveInfoHelpers(gather=_gather, track=abandon)
