"""The GraphQL types of what is private to the viewer, and the root fields that give them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, NamedTuple

import strawberry

from core.accounts.graphql.types import User, UserConnection, detail
from core.accounts.profiles import username_problem
from core.accounts.selectors import (
    MAX_COUNTED,
    MAX_SESSIONS,
    AccountDetails,
    AccountSessions,
    BlockedLoader,
    FollowRequestCounts,
    FollowRequestsLoader,
    MutedLoader,
)
from core.accounts.user_rows import SessionRow
from core.accounts.validators import DEVICE_NAME_LENGTH, USERNAME_LENGTH
from core.context import Context
from core.database.time_ordered_keys import moment_of
from core.execution import InstancesOf
from core.graphql.attributes import attribute_of, loaded_field
from core.graphql.info import Info
from core.graphql.limits.directives import ListSize
from core.graphql.node import Node, id_field
from core.graphql.relay_connections import EDGES, Connection, Edge, connection_field
from core.graphql.user_errors import UserError
from core.paging import EdgeRow


class AccountRow(NamedTuple):
    """The viewer's account. Loaders of its fields take the viewer's key."""

    id: int


async def account_rows(context: Context, keys: Sequence[int]) -> list[AccountRow | None]:
    """The viewer's own account; None for every other key."""
    return [AccountRow(key) if key == context.viewer_id else None for key in keys]


@strawberry.type(description="A number that is counted up to a limit only.")
class CappedCount:
    count: int = strawberry.field(description=f"The number, at most {MAX_COUNTED}.")
    capped: bool = strawberry.field(description="Whether there are more than `count`.")


@strawberry.type(description="A session of the viewer: one sign-in on one device.")
class AccountSession(Node):
    created_at: datetime = strawberry.field(description="When the user signed in.")
    last_used_at: datetime = strawberry.field(
        description="When its tokens were refreshed last; at first, when the user signed in."
    )
    device_name: str = strawberry.field(
        description=f"The device's name, as the client sent it: at most {DEVICE_NAME_LENGTH} code points; empty if it "
        "sent none."
    )
    is_current: bool = strawberry.field(description="Whether this request belongs to the session.")

    id = id_field("AccountSession", "The session's opaque global id")
    is_type_of = InstancesOf(SessionRow, exact=SessionRow._fields)


@strawberry.type(description="An edge of the list of follow requests.")
class FollowRequestEdge(Edge[User]):
    @strawberry.field(description="When the user asked to follow the viewer.")
    @staticmethod
    def requested_at(root: strawberry.Parent[EdgeRow]) -> datetime:
        return moment_of(root.position)


@strawberry.type(description="A page of follow requests, newest first.")
class FollowRequestConnection(Connection[User]):
    edges: list[FollowRequestEdge] = strawberry.field(description=EDGES)  # type: ignore[assignment]  # an Edge[User]


@strawberry.type(description="What only the signed-in user may read.")
class Account(Node):
    """Rooms above add fields with `extend_type`."""

    email = detail("email", str, AccountDetails)
    email_verified = detail("email_verified", bool, AccountDetails)
    pending_email = detail("pending_email", str | None, AccountDetails)
    user = attribute_of(AccountDetails, "user", User, "The user that others see.")
    sessions = loaded_field(
        "id",
        AccountSessions,
        list[AccountSession],
        f"The sessions that have not ended, those used last first; at most {MAX_SESSIONS}.",
        directives=[ListSize(assumed_size=MAX_SESSIONS, require_one_slicing_argument=False)],
    )
    follow_request_count = loaded_field(
        "id", FollowRequestCounts, CappedCount, "How many users wait to follow the viewer."
    )
    follow_requests = connection_field(
        FollowRequestsLoader,
        FollowRequestConnection,
        "The users who wait to follow the viewer, newest request first. They go on waiting when the account ceases to "
        "be private.",
    )
    blocked_users = connection_field(
        BlockedLoader, UserConnection, "The users whom the viewer blocks, newest account first."
    )
    muted_users = connection_field(
        MutedLoader, UserConnection, "The users whom the viewer mutes, newest account first."
    )

    id = id_field("Account", "The account's opaque global id")
    is_type_of = InstancesOf(AccountRow, exact=AccountRow._fields)


@strawberry.type(description="Whether a username can be used at sign-up.")
class UsernameAvailability:
    is_available: bool = strawberry.field(
        description="Whether the username is free: no user has or had it or one that looks like it, and it is not "
        "reserved."
    )
    errors: list[UserError] = strawberry.field(
        description="Why it can't be used, at most 1; empty if it can."
    )


@strawberry.type
class AccountQuery:
    @strawberry.field(
        description="The account of the signed-in user; null for an anonymous request."
    )
    @staticmethod
    def account(info: Info) -> Account | None:
        return None if info.context.viewer_id is None else AccountRow(info.context.viewer_id)  # type: ignore[return-value]  # a row

    @strawberry.field(description="Whether a username can be used at sign-up, and if not, why.")
    @staticmethod
    async def username_availability(
        info: Info,
        username: Annotated[
            str,
            strawberry.argument(
                description=f"The username without @: 1 to {USERNAME_LENGTH} of A-Z, a-z, 0-9 and _."
            ),
        ],
    ) -> UsernameAvailability:
        problem = await username_problem(info.context.database, username)
        errors = [] if problem is None else [problem]
        return UsernameAvailability(is_available=problem is None, errors=errors)  # type: ignore[arg-type]  # resolved from a Problem
