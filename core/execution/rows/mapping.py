"""Where in rows of one layout the values of a selection lie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard

from core.execution.plan.codegen import (
    Computed,
    Constant,
    Later,
    Nested,
    RowColumn,
    RowFields,
    RowSource,
)
from core.execution.plan.field_resolution import ReadAttribute
from core.execution.plan.output_types import LeafType, ObjectType, OutputType
from core.execution.plan.selection import Field, Select, Selection
from core.execution.schema.hints import BatchResolver, InstancesOf
from core.execution.schema.row_layout import Fixed, Layout, Place, Shared


def row_fields(
    selection: Selection, layout: Layout[Any], select: Select, *, optional: bool = False
) -> RowFields:
    """The sources of all fields. `optional`: whether some rows don't have the object.

    Errors: GraphQLError for a selection that is refused.
    """
    return [
        (field, _source(field, layout, select, optional=optional)) for field in selection.fields
    ]


def is_certain(output_type: OutputType, kind: type) -> TypeGuard[ObjectType]:
    """Whether objects of that class are known to be of the GraphQL type without a call of `is_type_of`."""
    if not isinstance(output_type, ObjectType):
        return False
    hint = output_type.graphql_type.is_type_of
    return hint is None or (isinstance(hint, InstancesOf) and issubclass(kind, hint.kind))


def _source(field: Field, layout: Layout[Any], select: Select, *, optional: bool) -> RowSource:
    if field.constant is not None:
        return Constant(field.constant)
    output_type, place = field.output_type, layout.places.get(attribute_of(field))
    if isinstance(place, Fixed) and (
        field.is_exact if place.value is not None else not output_type.nonnull
    ):
        return Constant(place.value)
    if isinstance(place, Layout):
        return _nested(field, place, select, optional=optional)
    source = _leaf(field, output_type, layout, place) if isinstance(output_type, LeafType) else None
    if (
        optional
        and isinstance(source, Computed)
        and not all(isinstance(found, int) for found in source.places)
    ):
        return Later()
    return source or Later()


def attribute_of(field: Field) -> str:
    """The attribute that is the field's value; empty for a field that is not resolved by one."""
    return field.resolution.name if isinstance(field.resolution, ReadAttribute) else ""


def _nested(field: Field, layout: Layout[Any], select: Select, *, optional: bool) -> RowSource:
    if not is_certain(field.output_type, layout.kind) or (layout.optional and optional):
        return Later()
    selection = select(field, field.output_type.graphql_type)
    fields = row_fields(selection, layout, select, optional=optional or layout.optional)
    if layout.optional and resolves_later(fields):
        return Later()
    return Nested(layout, fields)


def resolves_later(fields: RowFields) -> bool:
    """Whether some of the values don't lie in the rows."""
    return any(
        isinstance(source, Later) or (isinstance(source, Nested) and resolves_later(source.fields))
        for _, source in fields
    )


def _leaf(
    field: Field, output_type: LeafType, layout: Layout[Any], place: Place | None
) -> RowColumn | Computed | None:
    if isinstance(place, int):
        if field.is_exact:
            return RowColumn(place)
        if output_type.coerce_all is not None:
            return Computed(_texts(output_type), [place])
    resolution = field.resolution
    if (
        isinstance(resolution, BatchResolver)
        and resolution.gives_text
        and str in output_type.passthrough
    ):
        places = [layout.places.get(name) for name in resolution.attributes]
        if all(isinstance(found, int | Shared) for found in places):
            return Computed(resolution.function, places)  # type: ignore[arg-type]  # checked above
    return None


def _texts(output_type: LeafType) -> Callable[[list[Any]], list[Any]]:
    """A function that coerces a column of a scalar. It raises any error if it can't."""
    coerce_all: Any = output_type.coerce_all

    def texts(values: list[Any]) -> list[Any]:
        if None not in values:
            return coerce_all(values) if values else []
        if output_type.nonnull:
            raise ValueError
        present = iter(coerce_all([value for value in values if value is not None] or [None]))
        return [None if value is None else next(present) for value in values]

    return texts
