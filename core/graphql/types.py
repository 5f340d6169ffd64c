"""How GraphQL types are declared from models."""

from __future__ import annotations

from functools import partial

import strawberry_django
from strawberry_django.fields.field import StrawberryDjangoField


class RowField(StrawberryDjangoField):
    """A model's field whose value is an attribute of the row that a statement gave.

    The name, type and description come from the model; nothing of the ORM is on the way when it is read.
    """

    @property
    def is_basic_field(self) -> bool:
        return self.base_resolver is None and not self.extensions and not self.permission_classes


model_type = partial(strawberry_django.type, field_cls=RowField)
