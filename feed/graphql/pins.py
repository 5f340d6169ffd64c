"""Mutations of the pinned post."""

from __future__ import annotations

from typing import Any

import strawberry

from core.accounts.graphql.types import User
from core.accounts.selectors import users_by_ids
from core.context import Context
from core.graphql.info import Info
from core.graphql.mutations import (
    MutationInput,
    Payload,
    changed_field,
    mutation_field,
    result_field,
)
from core.ids import input_key
from feed.graphql.inputs import PostInput
from feed.services import post_pin, post_unpin


@strawberry.type
class PinPayload(Payload):
    user: User | None = result_field("The viewer after the change")
    changed: bool = changed_field()


async def _pin(info: Info, input: Any) -> dict[str, Any]:
    context = info.context
    viewer_id = context.require_viewer()
    post_id = input_key("Post", input.post_id, "postId")
    changed = await post_pin(context.database, viewer_id=viewer_id, post_id=post_id)
    return {"user": await _viewer(context), "changed": changed}


async def _unpin(info: Info, input: Any) -> dict[str, Any]:  # noqa: ARG001  # has no fields of its own
    context = info.context
    changed = await post_unpin(context.database, viewer_id=context.require_viewer())
    return {"user": await _viewer(context), "changed": changed}


async def _viewer(context: Context) -> Any:
    viewer_id = context.require_viewer()
    return (await users_by_ids(context.database, viewer_id, [viewer_id]))[0]


@strawberry.type
class PinsMutation:
    pin_post = mutation_field(
        "PinPost",
        "Pins the viewer's own post to the top of their profile, in place of the one that was pinned.",
        _pin,
        input_type=PostInput,
        input_description="The post to pin; it must be the viewer's own.",
        payload_type=PinPayload,
        payload_description="The viewer with the pinned post.",
    )
    unpin_post = mutation_field(
        "UnpinPost",
        "Unpins the viewer's pinned post.",
        _unpin,
        input_type=MutationInput,
        input_description="Nothing but the client's key.",
        payload_type=PinPayload,
        payload_description="The viewer without a pinned post.",
    )
