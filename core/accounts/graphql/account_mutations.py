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
from core.graphql.info import Info
from core.graphql.mutations import Payload, changed_field, mutation, result_field
from core.graphql.node import ID_BOUND
from core.ids import input_key

PROFILE_FIELDS = ("display_name", "bio", "avatar_media_id", "is_private")


@strawberry.type(description="The changed profile.")
class UpdateProfilePayload(Payload):
    user: User | None = result_field("The viewer after the change")


@strawberry.type(description="Whether the password was changed.")
class ChangePasswordPayload(Payload):
    changed: bool = changed_field(
        "Whether the password was changed. If so, all other sessions have ended."
    )


@strawberry.type(description="Whether the session was ended.")
class RevokeSessionPayload(Payload):
    revoked_session_id: strawberry.ID | None = result_field(
        f"The id of the ended session, {ID_BOUND}"
    )
    changed: bool = changed_field("Whether this call ended the session.")


@strawberry.type
class OwnAccountMutation:
    @mutation("Changes the viewer's profile.")
    @staticmethod
    async def update_profile(info: Info, input: UpdateProfileInput) -> UpdateProfilePayload:
        context = info.context
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

    @mutation("Changes the viewer's password, and ends all sessions but this one.", PASSWORD)
    @staticmethod
    async def change_password(info: Info, input: ChangePasswordInput) -> ChangePasswordPayload:
        context = info.context
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

    @mutation("Ends one of the viewer's sessions, on any device.")
    @staticmethod
    async def revoke_session(info: Info, input: RevokeSessionInput) -> RevokeSessionPayload:
        context = info.context
        changed = await session_revoke(
            context.database,
            viewer_id=context.require_viewer(),
            session_id=input_key("AccountSession", input.session_id, "sessionId"),
        )
        if changed:
            context.services.notify()
        return RevokeSessionPayload(revoked_session_id=input.session_id, changed=changed)
