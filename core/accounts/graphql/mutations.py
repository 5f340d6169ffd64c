"""Mutations of accounts, sessions and relations between users."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from core.accounts.graphql.account import Account, AccountRow
from core.accounts.graphql.inputs import (
    TOKEN_BOUND,
    RefreshSessionInput,
    SignInInput,
    SignOutInput,
    SignUpInput,
    TargetUserInput,
)
from core.accounts.graphql.types import User
from core.accounts.services import (
    RelationService,
    block_create,
    block_delete,
    follow_create,
    follow_delete,
    follow_request_accept,
    follow_request_reject,
    follower_delete,
    mute_create,
    mute_delete,
)
from core.accounts.sessions import Accounts, session_refresh, sign_out
from core.accounts.sign_in import sign_in
from core.accounts.sign_up import sign_up
from core.accounts.validators import PENDING_REQUESTS
from core.graphql.info import Info
from core.graphql.limits.directives import Cost, RateLimit
from core.graphql.mutations import (
    Payload,
    changed_field,
    mutation,
    mutation_field,
    result_field,
)
from core.ids import input_key

PASSWORD = Cost(weight="50")
"""Hashing a password takes the time of many reads."""


@strawberry.type(description="A signed-in session on one device, and its tokens.")
class Session:
    access_token: str = strawberry.field(
        description=f"Sent with each request: `Authorization: Bearer …`. {TOKEN_BOUND.capitalize()}."
    )
    access_token_expires_at: datetime = strawberry.field(
        description="When the access token expires."
    )
    refresh_token: str = strawberry.field(
        description=f"Exchanged for new tokens once, by `refreshSession`. Keep it secret. {TOKEN_BOUND.capitalize()}."
    )
    refresh_token_expires_at: datetime = strawberry.field(
        description="When the refresh token expires."
    )
    viewer: User = strawberry.field(description="The signed-in user.")


@strawberry.type(description="The session, if there is one now.")
class SessionPayload(Payload):
    session: Session | None = result_field("The session")


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
    changed: bool = changed_field("Whether this call ended a session.")


@strawberry.type(description="The other user.")
class TargetUserPayload(Payload):
    user: User | None = result_field(
        "The user after the change", ", or if the viewer may not see the user"
    )
    changed: bool = changed_field()


@strawberry.type(description="The user whose request was answered.")
class FollowRequestPayload(TargetUserPayload):
    account: Account | None = result_field("The viewer's account")


def relation_mutation(
    name: str,
    service: RelationService,
    description: str,
    *,
    input: str,
    payload: str,
    payload_type: type[TargetUserPayload] = TargetUserPayload,
    bucket: str | None = None,
) -> Any:
    """The mutation that calls the service for the user in its input. `input`, `payload`: descriptions of the types."""

    async def resolve(info: Info, input: Any) -> dict[str, Any]:
        context = info.context
        change = await service(
            context.services.group_commits,
            viewer_id=context.require_viewer(),
            user_id=input_key("User", input.user_id, "userId"),
            client_mutation_id=input.client_mutation_id,
        )
        if change.changed:
            context.services.notify()
        if payload_type is FollowRequestPayload:
            return {**change._asdict(), "account": AccountRow(context.require_viewer())}
        return change._asdict()

    return mutation_field(
        name,
        description,
        resolve,
        input_type=TargetUserInput,
        input_description=input,
        payload_type=payload_type,
        payload_description=payload,
        bucket=bucket,
    )


@strawberry.type
class AccountsMutation:
    @mutation("Creates an account and signs it in.", PASSWORD, RateLimit(bucket="sign-ups"))
    @staticmethod
    async def sign_up(info: Info, input: SignUpInput) -> SignUpPayload:
        session = await sign_up(
            info.context.database,
            info.context.services.get(Accounts),
            username=input.username,
            email=input.email,
            password=input.password,
            display_name=input.display_name,
            device_name=input.device_name or None,
        )
        return SignUpPayload(session=session)  # type: ignore[arg-type]  # resolved from SignedIn

    @mutation("Signs in by username or e-mail address.", PASSWORD, RateLimit(bucket="sign-ins"))
    @staticmethod
    async def sign_in(info: Info, input: SignInInput) -> SignInPayload:
        context = info.context
        session = await sign_in(
            context.database,
            context.services.get(Accounts),
            login=input.login,
            password=input.password,
            device_name=input.device_name or None,
            address=context.address,
        )
        return SignInPayload(session=session)  # type: ignore[arg-type]  # resolved from SignedIn

    @mutation(
        "Exchanges a session's newest refresh token for new tokens. Send it without an access token: an expired one is "
        "refused."
    )
    @staticmethod
    async def refresh_session(info: Info, input: RefreshSessionInput) -> RefreshSessionPayload:
        context = info.context
        session = await session_refresh(
            context.database,
            context.services.get(Accounts),
            refresh_token=input.refresh_token,
            notify=context.services.notify,
        )
        return RefreshSessionPayload(session=session)  # type: ignore[arg-type]  # resolved from SignedIn

    @mutation("Ends a session, or all sessions of its user.")
    @staticmethod
    async def sign_out(info: Info, input: SignOutInput) -> SignOutPayload:
        context = info.context
        changed = await sign_out(
            context.database,
            context.services.get(Accounts),
            refresh_token=input.refresh_token,
            everywhere=bool(input.everywhere),
        )
        if changed:
            context.services.notify()
        return SignOutPayload(changed=changed)

    follow_user = relation_mutation(
        "FollowUser",
        follow_create,
        "Follows a user, or asks to follow one whose account is private: at most "
        f"{PENDING_REQUESTS} who have not answered. A repetition changes nothing.",
        input="The user to follow.",
        payload="The followed user.",
        bucket="follows",
    )
    unfollow_user = relation_mutation(
        "UnfollowUser",
        follow_delete,
        "Unfollows a user, or withdraws the request to follow.",
        input="The user to unfollow.",
        payload="The unfollowed user.",
    )
    accept_follow_request = relation_mutation(
        "AcceptFollowRequest",
        follow_request_accept,
        "Lets a user who has asked follow the viewer.",
        input="The user who has asked to follow the viewer.",
        payload="The new follower.",
        payload_type=FollowRequestPayload,
    )
    reject_follow_request = relation_mutation(
        "RejectFollowRequest",
        follow_request_reject,
        "Rejects a user's request to follow the viewer. The user is not notified, and may ask again.",
        input="The user who has asked to follow the viewer.",
        payload="The rejected user.",
        payload_type=FollowRequestPayload,
    )
    remove_follower = relation_mutation(
        "RemoveFollower",
        follower_delete,
        "Ends a user's follow of the viewer.",
        input="The follower to remove.",
        payload="The user, who does not follow the viewer any more.",
    )
    block_user = relation_mutation(
        "BlockUser",
        block_create,
        "Blocks a user: neither sees anything of the other, except that the viewer sees the user's name and picture by "
        "`user`, `node` and `blockedUsers`. Follows between them end.",
        input="The user to block.",
        payload="The blocked user.",
        bucket="blocks",
    )
    unblock_user = relation_mutation(
        "UnblockUser",
        block_delete,
        "Unblocks a user. Former follows are not restored.",
        input="The user to unblock.",
        payload="The unblocked user.",
    )
    mute_user = relation_mutation(
        "MuteUser",
        mute_create,
        "Mutes a user: feeds and live events leave out everything by them.",
        input="The user to mute.",
        payload="The muted user.",
        bucket="blocks",
    )
    unmute_user = relation_mutation(
        "UnmuteUser",
        mute_delete,
        "Unmutes a user.",
        input="The user to unmute.",
        payload="The unmuted user.",
    )
