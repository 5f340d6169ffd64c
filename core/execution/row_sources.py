"""Where the answers of a field lie in rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from core.execution.hints import InstancesOf
from core.execution.rows import NOTHING, Layout, Place, Shared
from core.execution.shapes import LeafShape, ObjectShape, Shape

if TYPE_CHECKING:
    from core.execution.fields import Field


class Constant(NamedTuple):
    """The same answer for every row."""

    value: str | None


class Computed(NamedTuple):
    """Answers that a function makes of columns."""

    function: Callable[..., list[Any]]
    places: list[Place]


Source = Constant | Computed | Layout[Any] | int
"""A layout for an object that lies in the same row, a number for a column that is the answer as it is."""


def source_of(field: Field, layout: Layout[Any]) -> Source | None:
    """How rows of the layout tell the answers of a field; None if objects have to be asked."""
    if field.constant is not None:
        return Constant(field.constant)
    attribute, shape = field.way.attribute or "", field.shape
    place = layout.places.get(attribute)
    if place is NOTHING and attribute in layout.places and not shape.nonnull:
        return Constant(None)
    if isinstance(place, Layout):
        return place if is_certain(shape, place) else None
    return _leaf_source(field, shape, layout, place) if isinstance(shape, LeafShape) else None


def is_certain(shape: Shape, layout: Layout[Any]) -> bool:
    """Whether the layout's objects are of the GraphQL type, without being asked."""
    if not isinstance(shape, ObjectShape):
        return False
    hint = shape.graphql_type.is_type_of
    return hint is None or (isinstance(hint, InstancesOf) and issubclass(layout.kind, hint.kind))


def _leaf_source(
    field: Field, shape: LeafShape, layout: Layout[Any], place: Place
) -> Source | None:
    if isinstance(place, int):
        if field.is_exact:
            return place
        if shape.many is not None:
            return Computed(_texts(shape), [place])
    way = field.way
    if way.gives_text and way.of_columns and str in shape.as_is:
        names, function = way.of_columns
        places = [layout.places.get(name) for name in names]
        if all(isinstance(found, int | Shared) for found in places):
            return Computed(function, places)
    return None


def _texts(shape: LeafShape) -> Callable[[list[Any]], list[Any]]:
    """How a column of a scalar is written. Errors: any, if that can't be told."""
    many: Any = shape.many

    def texts(values: list[Any]) -> list[Any]:
        if None not in values:
            return many(values) if values else []
        if shape.nonnull:
            raise ValueError
        there = iter(many([value for value in values if value is not None] or [None]))
        return [None if value is None else next(there) for value in values]

    return texts
