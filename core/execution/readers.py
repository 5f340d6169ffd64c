"""Ways to read the values of a field from all objects of a level."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from strawberry.types.fields.resolver import StrawberryResolver

from core.execution.arguments import Values
from core.execution.information import information
from core.execution.positions import Level

if TYPE_CHECKING:
    from core.execution.fields import Field
    from core.execution.run import Run


class Read(Protocol):
    """Gives one raw value for each object of a level: an exception stands for a failure."""

    def __call__(self, _run: Run, field: Field, level: Level, /) -> list[Any]: ...


def read_by_name(run: Run, field: Field, level: Level) -> list[Any]:
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


class Resolve:
    """A resolver as graphql-core calls it."""

    def __init__(self, resolve: Callable[..., Any]) -> None:
        self._resolve = resolve

    def __call__(self, run: Run, field: Field, level: Level) -> list[Any]:
        values: list[Any] = []
        resolve = self._resolve
        arguments: Values | None = None
        for index, source in enumerate(level.objects):
            try:
                if arguments is None or not arguments.shared:
                    arguments = field.values(run)
                info = information(run, field, level, index)
                values.append(resolve(source, info, **arguments.by_name))
            except Exception as error:  # noqa: BLE001  # a resolver's failure is its field's error
                values.append(error)
        return values


class Call:
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
    def of_resolver(cls, resolver: StrawberryResolver[Any]) -> Call:
        """How a resolver wants to be called."""
        function: Any = resolver.wrapped_func
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
        if field.way.call is not None:
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
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    with suppress(TypeError, ValueError):
        for parameter in inspect.signature(function).parameters.values():
            return parameter.name if parameter.kind in by_place else None
    return None
