"""How GraphQL types are declared from models."""

from __future__ import annotations

from functools import partial

import strawberry_django
from strawberry.types.field import StrawberryField
from strawberry_django.fields.field import StrawberryDjangoField


class RowField(StrawberryDjangoField):
    """A model's field whose value is an attribute of the row that a statement gave.

    The name, type and description come from the model. How it is read is Strawberry's own way: the ORM's,
    with a thread for each value in case that it queries, takes 240 µs a value.
    """

    get_result = StrawberryField.get_result
    is_async = StrawberryField.is_async
    is_basic_field = StrawberryField.is_basic_field


model_type = partial(strawberry_django.type, field_cls=RowField)
