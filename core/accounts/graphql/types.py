"""People, as clients see them."""

from __future__ import annotations

import strawberry
from strawberry import auto

from core.accounts import models
from core.accounts.rows import UserRow
from core.graphql.node import Node, global_id
from core.graphql.types import model_type


@model_type(models.User, name="User", description="A person with an account.")
class User(Node):
    username: auto
    display_name: auto
    avatar_url: auto

    @strawberry.field(description="The person's opaque global id.")
    @staticmethod
    def id(root: strawberry.Parent[UserRow]) -> strawberry.ID:
        return global_id("User", root.id)

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        return isinstance(value, UserRow)
