"""How the values of a field are had for all objects of a level."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, Protocol

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    TypeNameMetaFieldDef,
    default_field_resolver,
)
from graphql.execution.collect_fields import FieldDetailsList
from strawberry.schema import Schema as StrawberrySchema
from strawberry.types.field import StrawberryField

from core.execution.arguments import Arguments, PythonArguments, Values, python_arguments
from core.execution.information import ignores_parameter, information
from core.execution.loading import Loaded
from core.execution.positions import Level
from core.execution.shapes import shape_of

if TYPE_CHECKING:
    from core.execution.plans import Plan
    from core.execution.run import Run
    from core.execution.selections import Selection


class Read(Protocol):
    """Gives one raw value for each object of a level: an exception stands for a failure."""

    def __call__(self, run: Run, field: Field, level: Level) -> list[Any]: ...


class Field:
    """A field of a selection."""

    __slots__ = (
        "arguments",
        "attribute",
        "by_class",
        "call",
        "constant",
        "definition",
        "depth",
        "details",
        "key",
        "loaded",
        "name",
        "nodes",
        "order",
        "parent_type",
        "python_arguments",
        "read",
        "selections",
        "shape",
        "strawberry_field",
    )

    def __init__(
        self,
        plan: Plan,
        parent_type: GraphQLObjectType,
        definition: GraphQLField,
        key: str,
        order: int,
        details: FieldDetailsList,
        depth: int,
    ) -> None:
        self.parent_type = parent_type
        self.definition = definition
        self.key = key
        self.order = order
        self.depth = depth
        self.details = details
        self.nodes = [detail.node for detail in details]
        self.name = self.nodes[0].name.value
        self.shape = shape_of(definition.type)
        self.selections: dict[GraphQLObjectType, Selection] = {}
        self.arguments = (
            Arguments(definition, self.nodes[0], hide_suggestions=plan.hide_suggestions)
            if definition.args
            else None
        )
        self.attribute: str | None = None
        """The attribute that is the value, if that is all."""
        self.call: Callable[[Any], Any] | None = None
        """The function of the object alone that gives the value, if that is all."""
        self.constant: str | None = None
        self.by_class: dict[type, Selection] = {}
        """What is selected of objects that are of the field's type by their class."""
        self.loaded: Loaded | None = None
        self.python_arguments: PythonArguments | None = None
        self.strawberry_field: StrawberryField | None = None
        self.read: Read = self._choose(plan)

    def _choose(self, plan: Plan) -> Read:
        resolve = self.definition.resolve
        if self.definition is TypeNameMetaFieldDef:
            self.constant = self.parent_type.name
        if resolve is None:
            if plan.field_resolver is default_field_resolver:
                return _read_by_name
            return _Resolve(plan.field_resolver)
        field = plain_strawberry_field(plan.strawberry_schema, self.definition)
        if field is None or plan.strawberry_schema is None:
            return _Resolve(resolve)
        self.strawberry_field = field
        self.python_arguments = python_arguments(plan.strawberry_schema, field)
        if field.base_resolver is None:
            name = field.python_name
            if plan.strawberry_schema.config.default_resolver is not getattr:
                self.call = lambda source: field.default_resolver(source, name)
                return _Call(self.call)
            if not name.isidentifier() or iskeyword(name):
                self.call = lambda source: getattr(source, name)
                return _Call(self.call)
            self.attribute = name
            return _read_attribute
        function: Any = field.base_resolver.wrapped_func
        self.loaded = getattr(function, "__loaded__", None)
        call = _Call.of_resolver(field)
        if call.takes_source_only and not self.arguments:
            self.call = function
        return call

    def values(self, run: Run) -> Values:
        """The arguments by their GraphQL names. Errors: GraphQLError."""
        return NO_ARGUMENTS if self.arguments is None else self.arguments.values(run)

    def python_values(self, run: Run, level: Level, index: int) -> Values:
        """The arguments as the resolver of an object takes them. Errors: whatever conversion raises."""
        if self.arguments is None:
            return NO_ARGUMENTS
        by_name, shared = self.arguments.values(run)
        if self.python_arguments is None:
            return Values(by_name, shared)
        names, convert = self.python_arguments
        if names is None:
            return Values(convert(by_name, self.info(run, level, index)), False)
        return Values({names[name]: value for name, value in by_name.items()}, shared)

    def info(self, run: Run, level: Level, index: int) -> Any:
        """Strawberry's info, for one object of a level."""
        raw = information(run, self, level, index)
        schema = run.plan.strawberry_schema
        if schema is None or self.strawberry_field is None:
            return raw
        return schema.config.info_class(_raw_info=raw, _field=self.strawberry_field)


NO_ARGUMENTS = Values({}, True)


def plain_strawberry_field(
    schema: StrawberrySchema | None, definition: GraphQLField
) -> StrawberryField | None:
    """The Strawberry field, if nothing but its resolver or attribute decides about its value.

    A class of fields that reads an attribute in a `get_result` of its own may say so by
    `reads_attribute = True`.
    """
    field = definition.extensions.get("strawberry-definition")
    resolve = definition.resolve
    if (
        schema is None
        or schema.exception_handlers
        or not isinstance(field, StrawberryField)
        or field.is_subscription
        or field.extensions
        or field.permission_classes
        or getattr(resolve, "__module__", None) != "strawberry.schema.schema_converter"
    ):
        return None
    if type(field).get_result is StrawberryField.get_result:
        return field
    reads_attribute = getattr(field, "reads_attribute", False)
    return field if field.base_resolver is None and reads_attribute else None


def _read_attribute(run: Run, field: Field, level: Level) -> list[Any]:
    name = field.attribute or field.name
    return [_attempt(getattr, source, name) for source in level.objects]


def _read_by_name(run: Run, field: Field, level: Level) -> list[Any]:
    """What graphql-core's own resolver gives."""
    values: list[Any] = []
    name = field.name
    shared_arguments: Values | None = None
    for index, source in enumerate(level.objects):
        try:
            # Arguments are judged even where nobody takes them.
            if shared_arguments is None or not shared_arguments.shared:
                shared_arguments = field.values(run)
            value = source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)
            if callable(value):
                info = information(run, field, level, index)
                value = value(info, **shared_arguments.by_name)
        except Exception as error:  # noqa: BLE001  # a resolver's failure is its field's error
            value = error
        values.append(value)
    return values


def _attempt(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except Exception as error:  # noqa: BLE001  # a resolver's failure is its field's error
        return error


class _Resolve:
    """A resolver as graphql-core calls it."""

    def __init__(self, resolve: Callable[..., Any]) -> None:
        self._resolve = resolve
        self._ignores_info = ignores_parameter(resolve, 1)

    def __call__(self, run: Run, field: Field, level: Level) -> list[Any]:
        values: list[Any] = []
        resolve = self._resolve
        if self._ignores_info and not field.arguments:
            info = information(run, field, level, 0)
            for source in level.objects:
                try:
                    values.append(resolve(source, info))
                except Exception as error:  # noqa: BLE001  # a resolver's failure is its field's error
                    values.append(error)
            return values
        return self._with_arguments(run, field, level)

    def _with_arguments(self, run: Run, field: Field, level: Level) -> list[Any]:
        values: list[Any] = []
        resolve = self._resolve
        info: Any = None
        arguments: Values | None = None
        for index, source in enumerate(level.objects):
            try:
                if arguments is None or not arguments.shared:
                    arguments = field.values(run)
                if info is None or not self._ignores_info:
                    info = information(run, field, level, index)
                values.append(resolve(source, info, **arguments.by_name))
            except Exception as error:  # noqa: BLE001  # a resolver's failure is its field's error
                values.append(error)
        return values


class _Call:
    """A resolver's function, called without Strawberry's layers around it."""

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        first: bool = True,
        source_name: str | None = None,
        info_name: str | None = None,
    ) -> None:
        self._function = function
        self._first = first
        """Whether the source is the first argument."""
        self._source_name = source_name
        """Whether the source is a named argument."""
        self._info_name = info_name

    @classmethod
    def of_resolver(cls, field: StrawberryField) -> _Call:
        """How a field's resolver wants to be called."""
        resolver = field.base_resolver
        assert resolver is not None
        function = resolver.wrapped_func
        named = {
            parameter.name
            for parameter in (resolver.parent_parameter, resolver.root_parameter)
            if parameter is not None
        }
        first = resolver.self_parameter is not None
        if len(named) == 1 and not first and _first_parameter(function) in named:
            first, named = True, set()
        info = resolver.info_parameter
        return cls(
            function,
            first=first,
            source_name=next(iter(named), None),
            info_name=None if info is None else info.name,
        )

    @property
    def takes_source_only(self) -> bool:
        return self._first and not self._source_name and not self._info_name

    def __call__(self, run: Run, field: Field, level: Level) -> list[Any]:
        function = self._function
        if field.call is not None:
            values: list[Any] = []
            for source in level.objects:
                try:
                    values.append(function(source))
                except Exception as error:  # noqa: BLE001  # a resolver's failure is its field's error
                    values.append(error)
            return values
        return self._with_arguments(run, field, level)

    def _with_arguments(self, run: Run, field: Field, level: Level) -> list[Any]:
        values: list[Any] = []
        function, first = self._function, self._first
        source_name, info_name = self._source_name, self._info_name
        arguments: Values | None = None
        for index, source in enumerate(level.objects):
            try:
                if arguments is None or not arguments.shared:
                    arguments = field.python_values(run, level, index)
                named = {**arguments.by_name}
                if source_name is not None:
                    named[source_name] = source
                if info_name is not None:
                    named[info_name] = field.info(run, level, index)
                values.append(function(source, **named) if first else function(**named))
            except Exception as error:  # noqa: BLE001  # a resolver's failure is its field's error
                values.append(error)
        return values


def _first_parameter(function: Callable[..., Any]) -> str | None:
    """The name of the first parameter, if it may be given by place."""
    first = next(iter(inspect.signature(function).parameters.values()), None)
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return first.name if first is not None and first.kind in by_place else None
