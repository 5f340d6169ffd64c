"""The info that resolvers get, and their arguments (specification 6.4.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.pyutils import Path, gather_with_cancel
from graphql.type import GraphQLResolveInfoHelpers
from strawberry.schema.schema import _OperationContextAwareGraphQLResolveInfo as EagerResolveInfo

from core.execution.plan.arguments import ArgumentValues
from core.execution.plan.selection import NO_ARGUMENTS, Field
from core.execution.run.batches import ObjectBatch
from core.execution.run.eager_tasks import abandon
from core.execution.run.state import ExecutionState


class LazyResolveInfo:
    """What Strawberry reads of graphql-core's info. Only `context` is eager: most resolvers read nothing else."""

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
    def field_name(self) -> str:
        return self.field.name

    @property
    def field_nodes(self) -> list[FieldNode]:
        return self.field.nodes

    @property
    def return_type(self) -> GraphQLOutputType:
        return self.field.definition.type

    @property
    def parent_type(self) -> GraphQLObjectType:
        return self.field.parent_type

    @property
    def path(self) -> Path:
        field = self.field
        return Path(self._parents.path(self._index), field.key, field.parent_type.name)

    @property
    def schema(self) -> GraphQLSchema:
        return self._state.plan.schema

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        return self._state.plan.fragment_definitions

    @property
    def root_value(self) -> Any:
        return self._state.root

    @property
    def operation(self) -> OperationDefinitionNode:
        return self._state.plan.operation

    @property
    def variable_values(self) -> dict[str, Any]:
        return self._state.variables.coerced

    @property
    def is_awaitable(self) -> Callable[[Any], bool]:
        return self._state.is_awaitable

    @property
    def abort_signal(self) -> None:
        return None

    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:
        return HELPERS

    @property
    def operation_extensions(self) -> dict[str, Any] | None:
        return self._state.operation_extensions

    # The interface of a named tuple; strawberry-django's optimizer calls `_replace`.

    _fields = EagerResolveInfo._fields

    def _whole(self) -> EagerResolveInfo:
        return EagerResolveInfo(*self)

    def __iter__(self) -> Iterator[Any]:
        return (getattr(self, name) for name in self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __getitem__(self, index: int) -> Any:
        return self._whole()[index]

    def __repr__(self) -> str:
        return repr(self._whole())

    def _asdict(self) -> dict[str, Any]:
        return self._whole()._asdict()

    def _replace(self, **changes: Any) -> EagerResolveInfo:
        return self._whole()._replace(**changes)


def resolve_info(state: ExecutionState, field: Field, parents: ObjectBatch, index: int) -> Any:
    """graphql-core's info for the resolver of one parent."""
    plan = state.plan
    if plan.strawberry_schema is not None and state.build_info is None:
        return LazyResolveInfo(state, field, parents, index)
    path = Path(parents.path(index), field.key, field.parent_type.name)
    if state.build_info is not None:
        return state.build_info(field.definition, field.nodes, field.parent_type, path)
    return GraphQLResolveInfo(
        field.name,
        field.nodes,
        field.definition.type,
        field.parent_type,
        path,
        plan.schema,
        plan.fragment_definitions,
        state.root,
        plan.operation,
        state.variables,
        state.context,
        state.is_awaitable,  # type: ignore[arg-type]  # a predicate that guards as well as any
        None,
        HELPERS,
    )


def strawberry_info(state: ExecutionState, field: Field, parents: ObjectBatch, index: int) -> Any:
    """Strawberry's info for the resolver of one parent."""
    raw = resolve_info(state, field, parents, index)
    schema, strawberry_field = state.plan.strawberry_schema, field.schema_field.strawberry_field
    if schema is None or strawberry_field is None:
        return raw
    return schema.config.info_class(_raw_info=raw, _field=strawberry_field)


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
