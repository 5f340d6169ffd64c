"""Mutations of the viewer's own account: profile, password, sessions."""

from __future__ import annotations

import strawberry

from core.accounts.credentials import password_change
from core.accounts.graphql.inputs import (
    ChangePasswordInput,
    RevokeSessionInput,
    UpdateProfileInput,
)
from core.accounts.graphql.mutations import PASSWORD
from core.accounts.graphql.types import User
from core.accounts.profiles import profile_update
from core.accounts.sessions import Accounts, session_revoke
from core.context import Context
from core.graphql.mutations import Payload, refusals_as_user_errors
from core.graphql.node import ID_BOUND
from core.ids import input_key

PROFILE_FIELDS = ("display_name", "bio", "avatar_media_id", "is_private")


@strawberry.type(description="The changed profile.")
class UpdateProfilePayload(Payload):
    user: User | None = strawberry.field(
        default=None, description="The viewer after the change; null if the mutation failed."
    )


@strawberry.type(description="Whether the password was changed.")
class ChangePasswordPayload(Payload):
    changed: bool = strawberry.field(
        default=False,
        description="Whether the password was changed. If so, all other sessions have ended.",
    )


@strawberry.type(description="Whether the session was ended.")
class RevokeSessionPayload(Payload):
    revoked_session_id: strawberry.ID | None = strawberry.field(
        default=None,
        description=f"The id of the ended session, {ID_BOUND}; null if the mutation failed.",
    )
    changed: bool = strawberry.field(
        default=False, description="Whether this call ended the session."
    )


@strawberry.type
class OwnAccountMutation:
    @strawberry.mutation(description="Changes the viewer's profile.")
    @refusals_as_user_errors(UpdateProfilePayload)
    @staticmethod
    async def update_profile(
        info: strawberry.Info, input: UpdateProfileInput
    ) -> UpdateProfilePayload:
        context: Context = info.context
        sent = {name: getattr(input, name) for name in PROFILE_FIELDS}
        user = await profile_update(
            context.database,
            viewer_id=context.require_viewer(),
            **{name: value for name, value in sent.items() if value is not strawberry.UNSET},
        )
        if input.is_private is not strawberry.UNSET:
            context.services.drop_cached_responses()
            context.services.notify()
        return UpdateProfilePayload(user=user)  # type: ignore[arg-type]  # a row

    @strawberry.mutation(
        description="Changes the viewer's password, and ends all sessions but this one.",
        directives=[PASSWORD],
    )
    @refusals_as_user_errors(ChangePasswordPayload)
    @staticmethod
    async def change_password(
        info: strawberry.Info, input: ChangePasswordInput
    ) -> ChangePasswordPayload:
        context: Context = info.context
        changed = await password_change(
            context.database,
            context.services.get(Accounts),
            viewer_id=context.require_viewer(),
            session_id=context.session_id,
            current_password=input.current_password,
            new_password=input.new_password,
            address=context.address,
        )
        if changed:
            context.services.notify()
        return ChangePasswordPayload(changed=changed)

    @strawberry.mutation(description="Ends one of the viewer's sessions, on any device.")
    @refusals_as_user_errors(RevokeSessionPayload)
    @staticmethod
    async def revoke_session(
        info: strawberry.Info, input: RevokeSessionInput
    ) -> RevokeSessionPayload:
        context: Context = info.context
        changed = await session_revoke(
            context.database,
            viewer_id=context.require_viewer(),
            session_id=input_key("AccountSession", input.session_id, "sessionId"),
        )
        if changed:
            context.services.notify()
        return RevokeSessionPayload(revoked_session_id=input.session_id, changed=changed)
