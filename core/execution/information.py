"""What resolvers are told about the place where they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

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
from strawberry.schema.schema import _OperationContextAwareGraphQLResolveInfo as ToldWhole

from core.execution.coroutines import abandon
from core.execution.positions import Level

if TYPE_CHECKING:
    from core.execution.fields import Field
    from core.execution.run import Run


class Told:
    """What Strawberry reads of graphql-core's info, looked up when it is asked for.

    Most resolvers that take an info only want the context.
    """

    __slots__ = ("_index", "_level", "_run", "context", "field")

    def __init__(self, run: Run, field: Field, level: Level, index: int) -> None:
        self._run = run
        self.field = field
        self._level = level
        self._index = index
        self.context = run.context

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
        return Path(self._level.path(self._index), field.key, field.parent_type.name)

    @property
    def schema(self) -> GraphQLSchema:
        return self._run.plan.schema

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        return self._run.plan.fragment_definitions

    @property
    def root_value(self) -> Any:
        return self._run.root

    @property
    def operation(self) -> OperationDefinitionNode:
        return self._run.plan.operation

    @property
    def variable_values(self) -> dict[str, Any]:
        return self._run.variables.coerced

    @property
    def is_awaitable(self) -> Callable[[Any], bool]:
        return self._run.is_awaitable

    @property
    def abort_signal(self) -> None:
        return None

    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:
        return HELPERS

    @property
    def operation_extensions(self) -> dict[str, Any] | None:
        return self._run.operation_extensions

    # The rest of what a named tuple has; strawberry-django's optimizer asks for `_replace`.

    _fields = ToldWhole._fields

    def _whole(self) -> ToldWhole:
        return ToldWhole(*self)

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

    def _replace(self, **changes: Any) -> ToldWhole:
        return self._whole()._replace(**changes)


def information(run: Run, field: Field, level: Level, index: int) -> Any:
    """The info for a resolver, for one object of a level."""
    plan = run.plan
    if plan.strawberry_schema is not None and run.build_info is None:
        return Told(run, field, level, index)
    path = Path(level.path(index), field.key, field.parent_type.name)
    if run.build_info is not None:
        return run.build_info(field.definition, field.nodes, field.parent_type, path)
    return GraphQLResolveInfo(
        field.name,
        field.nodes,
        field.definition.type,
        field.parent_type,
        path,
        plan.schema,
        plan.fragment_definitions,
        run.root,
        plan.operation,
        run.variables,
        run.context,
        run.is_awaitable,  # type: ignore[arg-type]  # a predicate that guards as well as any
        None,
        HELPERS,
    )


def _gather(values: Sequence[Any]) -> Any:
    return gather_with_cancel(*values)


HELPERS = GraphQLResolveInfoHelpers(gather=_gather, track=abandon)
