"""Mutations of accounts, sessions and relations between users."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

import strawberry

from core.accounts.graphql.inputs import (
    BlockUserInput,
    FollowUserInput,
    MuteUserInput,
    RefreshSessionInput,
    SignInInput,
    SignOutInput,
    SignUpInput,
    TargetUserInput,
    UnblockUserInput,
    UnfollowUserInput,
    UnmuteUserInput,
)
from core.accounts.graphql.types import User
from core.accounts.services import (
    RelationChange,
    block_create,
    block_delete,
    follow_create,
    follow_delete,
    mute_create,
    mute_delete,
)
from core.accounts.sessions import (
    Accounts,
    session_refresh,
    sign_in,
    sign_out,
    sign_up,
)
from core.context import Context
from core.graphql.mutations import Payload, refusals_as_data
from core.ids import input_key

PayloadT = TypeVar("PayloadT", bound="TargetUserPayload")


@strawberry.type(description="A signed-in session on one device, and its tokens.")
class Session:
    access_token: str = strawberry.field(
        description="Sent with each request: `Authorization: Bearer …`."
    )
    access_token_expires_at: datetime = strawberry.field(
        description="When the access token expires."
    )
    refresh_token: str = strawberry.field(
        description="Exchanged for new tokens once, by `refreshSession`. Keep it secret."
    )
    refresh_token_expires_at: datetime = strawberry.field(
        description="When the refresh token expires."
    )
    viewer: User = strawberry.field(description="The signed-in user.")


@strawberry.type(description="The session, if there is one now.")
class SessionPayload(Payload):
    session: Session | None = strawberry.field(
        default=None, description="The session; null if the mutation failed."
    )


@strawberry.type(description="The new account's first session.")
class SignUpPayload(SessionPayload):
    pass


@strawberry.type(description="The new session.")
class SignInPayload(SessionPayload):
    pass


@strawberry.type(description="The session with its new tokens.")
class RefreshSessionPayload(SessionPayload):
    pass


@strawberry.type(description="Whether a session was ended.")
class SignOutPayload(Payload):
    changed: bool = strawberry.field(
        default=False, description="Whether this call ended a session."
    )


@strawberry.type(description="The other user.")
class TargetUserPayload(Payload):
    user: User | None = strawberry.field(
        default=None,
        description=(
            "The user after the change; null if the mutation failed, or if the user blocks "
            "the viewer."
        ),
    )
    changed: bool = strawberry.field(
        default=False, description="Whether this call changed anything."
    )


@strawberry.type(description="The followed user.")
class FollowUserPayload(TargetUserPayload):
    pass


@strawberry.type(description="The unfollowed user.")
class UnfollowUserPayload(TargetUserPayload):
    pass


@strawberry.type(description="The blocked user.")
class BlockUserPayload(TargetUserPayload):
    pass


@strawberry.type(description="The unblocked user.")
class UnblockUserPayload(TargetUserPayload):
    pass


@strawberry.type(description="The muted user.")
class MuteUserPayload(TargetUserPayload):
    pass


@strawberry.type(description="The unmuted user.")
class UnmuteUserPayload(TargetUserPayload):
    pass


@strawberry.type
class AccountsMutation:
    @strawberry.mutation(description="Creates an account and signs it in.")
    @refusals_as_data(SignUpPayload)
    @staticmethod
    async def sign_up(info: strawberry.Info, input: SignUpInput) -> SignUpPayload:
        context: Context = info.context
        session = await sign_up(
            context.database,
            context.services.get(Accounts),
            username=input.username,
            email=input.email,
            password=input.password,
            display_name=input.display_name,
        )
        return SignUpPayload(session=session)  # type: ignore[arg-type]  # resolved from SignedIn

    @strawberry.mutation(description="Signs in by username or e-mail address.")
    @refusals_as_data(SignInPayload)
    @staticmethod
    async def sign_in(info: strawberry.Info, input: SignInInput) -> SignInPayload:
        context: Context = info.context
        session = await sign_in(
            context.database,
            context.services.get(Accounts),
            login=input.login,
            password=input.password,
            address=context.address,
        )
        return SignInPayload(session=session)  # type: ignore[arg-type]  # resolved from SignedIn

    @strawberry.mutation(description="Exchanges a session's newest refresh token for new tokens.")
    @refusals_as_data(RefreshSessionPayload)
    @staticmethod
    async def refresh_session(
        info: strawberry.Info, input: RefreshSessionInput
    ) -> RefreshSessionPayload:
        context: Context = info.context
        session = await session_refresh(
            context.database,
            context.services.get(Accounts),
            refresh_token=input.refresh_token,
            notify=context.services.notify,
        )
        return RefreshSessionPayload(session=session)  # type: ignore[arg-type]  # resolved from SignedIn

    @strawberry.mutation(description="Ends a session, or all sessions of its user.")
    @refusals_as_data(SignOutPayload)
    @staticmethod
    async def sign_out(info: strawberry.Info, input: SignOutInput) -> SignOutPayload:
        context: Context = info.context
        changed = await sign_out(
            context.database,
            context.services.get(Accounts),
            refresh_token=input.refresh_token,
            everywhere=input.everywhere,
        )
        if changed:
            context.services.notify()
        return SignOutPayload(changed=changed)

    @strawberry.mutation(description="Follows a user. Following twice changes nothing.")
    @refusals_as_data(FollowUserPayload)
    @staticmethod
    async def follow_user(info: strawberry.Info, input: FollowUserInput) -> FollowUserPayload:
        return await _change_relation(
            info.context,
            input,
            partial(follow_create, info.context.services.group_commits),
            FollowUserPayload,
        )

    @strawberry.mutation(description="Unfollows a user.")
    @refusals_as_data(UnfollowUserPayload)
    @staticmethod
    async def unfollow_user(info: strawberry.Info, input: UnfollowUserInput) -> UnfollowUserPayload:
        return await _change_relation(
            info.context,
            input,
            partial(follow_delete, info.context.services.group_commits),
            UnfollowUserPayload,
        )

    @strawberry.mutation(
        description="Blocks a user: neither sees anything of the other, and follows between them end."
    )
    @refusals_as_data(BlockUserPayload)
    @staticmethod
    async def block_user(info: strawberry.Info, input: BlockUserInput) -> BlockUserPayload:
        return await _change_relation(
            info.context, input, partial(block_create, info.context.database), BlockUserPayload
        )

    @strawberry.mutation(description="Unblocks a user. Former follows are not restored.")
    @refusals_as_data(UnblockUserPayload)
    @staticmethod
    async def unblock_user(info: strawberry.Info, input: UnblockUserInput) -> UnblockUserPayload:
        return await _change_relation(
            info.context, input, partial(block_delete, info.context.database), UnblockUserPayload
        )

    @strawberry.mutation(
        description="Mutes a user: feeds and live events leave out everything by them."
    )
    @refusals_as_data(MuteUserPayload)
    @staticmethod
    async def mute_user(info: strawberry.Info, input: MuteUserInput) -> MuteUserPayload:
        return await _change_relation(
            info.context, input, partial(mute_create, info.context.database), MuteUserPayload
        )

    @strawberry.mutation(description="Unmutes a user.")
    @refusals_as_data(UnmuteUserPayload)
    @staticmethod
    async def unmute_user(info: strawberry.Info, input: UnmuteUserInput) -> UnmuteUserPayload:
        return await _change_relation(
            info.context, input, partial(mute_delete, info.context.database), UnmuteUserPayload
        )


async def _change_relation(
    context: Context,
    input: TargetUserInput,
    service: Callable[..., Awaitable[RelationChange]],
    payload: Callable[..., PayloadT],
) -> PayloadT:
    viewer_id = context.require_viewer()
    change = await service(
        viewer_id=viewer_id,
        user_id=input_key("User", input.user_id, "userId"),
        client_mutation_id=input.client_mutation_id,
    )
    if change.changed:
        context.services.notify()
    return payload(user=change.user, changed=change.changed)
