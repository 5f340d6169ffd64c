"""The base of inputs that name a post."""

from __future__ import annotations

import strawberry

from core.graphql.mutations import MutationInput
from core.graphql.node import ID_BOUND


@strawberry.input
class PostInput(MutationInput):
    post_id: strawberry.ID = strawberry.field(description=f"The post's id, {ID_BOUND}.")
