"""GraphQL types declared from Django models."""

from __future__ import annotations

from functools import partial

import strawberry_django
from strawberry.types.field import StrawberryField
from strawberry_django.fields.field import StrawberryDjangoField


class RowField(StrawberryDjangoField):
    """A model's field whose value is read from the attribute of a row.

    The name, type and description come from the model. The value is resolved by Strawberry:
    strawberry-django's resolver may query and so runs in a thread, which takes 240 µs a value.
    """

    get_result = StrawberryField.get_result
    is_async = StrawberryField.is_async
    is_basic_field = StrawberryField.is_basic_field


model_type = partial(strawberry_django.type, field_cls=RowField)
