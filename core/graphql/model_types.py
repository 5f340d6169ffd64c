"""GraphQL types declared from Django models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import strawberry_django
from django.db.models import IntegerField, Model
from strawberry.types.field import StrawberryField
from strawberry_django.fields.field import StrawberryDjangoField
from strawberry_django.fields.types import field_type_map

from core.database.counted_rows import CountField

field_type_map[CountField] = int
T = TypeVar("T")
MAX_COUNT = 2**31 - 1
"""Of a GraphQL Int, and of PostgreSQL's integer."""


class RowField(StrawberryDjangoField):
    """A model's field whose value is read from the attribute of a row.

    The name, type and description come from the model. The value is resolved by Strawberry:
    strawberry-django's resolver may query and so runs in a thread, which takes 240 µs a value.
    """

    get_result = StrawberryField.get_result
    is_async = StrawberryField.is_async
    is_basic_field = StrawberryField.is_basic_field


def model_type(model: type[Model], **options: Any) -> Callable[[type[T]], type[T]]:
    """Decorates a type whose fields are those of the model. The descriptions of texts and counts say their bounds."""
    make = strawberry_django.type(model, field_cls=RowField, **options)

    described = {column.name for column in model._meta.concrete_fields if column.help_text}  # noqa: SLF001  # Django's

    def decorate(declared: type[T]) -> type[T]:
        made: Any = make(declared)
        for field in made.__strawberry_definition__.fields:
            if isinstance(field, RowField) and field.python_name in described:
                field.description = description_of(model, field.python_name)
        return cast("type[T]", made)

    return decorate


def description_of(model: type[Model], name: str) -> str:
    """The help text of the model's field, with the bound of a count or of a text."""
    column: Any = model._meta.get_field(name)  # noqa: SLF001  # Django's name
    if isinstance(column, IntegerField):
        return f"{column.help_text} 0 to {MAX_COUNT:,}."
    if column.max_length:
        return f"{column.help_text} At most {column.max_length} characters."
    return str(column.help_text)
