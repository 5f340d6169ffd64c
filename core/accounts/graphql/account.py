"""The GraphQL types of what is private to the viewer, and the root fields that give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import strawberry

from core.accounts.graphql.types import User, detail
from core.accounts.profiles import username_problem
from core.accounts.selectors import MAX_SESSIONS, AccountDetails, AccountSessions
from core.accounts.user_rows import SessionRow
from core.accounts.validators import DEVICE_NAME_LENGTH, USERNAME_LENGTH
from core.context import Context
from core.execution import InstancesOf, Loader, loaded
from core.graphql.attributes import attribute_of
from core.graphql.info import Info
from core.graphql.limits.directives import FREE, ListSize
from core.graphql.node import Node, id_field
from core.graphql.user_errors import UserError


class AccountRow(NamedTuple):
    """The viewer's account. Loaders of its fields take the viewer's key."""

    id: int


async def account_rows(context: Context, keys: Sequence[int]) -> list[AccountRow | None]:
    """The viewer's own account; None for every other key."""
    return [AccountRow(key) if key == context.viewer_id else None for key in keys]


@dataclass(frozen=True, slots=True)
class Capped:
    """A number that is counted up to a limit only."""

    count: int
    capped: bool


MAX_COUNTED = 99
NONE_YET = Capped(0, False)


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
        description=f"What the client has called the device, at most {DEVICE_NAME_LENGTH} code points; empty if it has "
        "not said."
    )
    is_current: bool = strawberry.field(description="Whether this request belongs to the session.")

    id = id_field("AccountSession", "The session's opaque global id")
    is_type_of = InstancesOf(SessionRow, exact=SessionRow._fields)


def sessions_of(info: Info) -> Loader[int, Any]:
    return info.context.loader(AccountSessions)


@strawberry.type(description="What only the signed-in user may read.")
class Account(Node):
    """Rooms above add fields with `extend_type`."""

    email = detail("email", str, AccountDetails)
    email_verified = detail("email_verified", bool, AccountDetails)
    pending_email = detail("pending_email", str | None, AccountDetails)
    user = attribute_of(AccountDetails, "user", User, "The user that others see.")
    sessions = strawberry.field(
        graphql_type=list[AccountSession],
        description=f"The sessions that have not ended, those used last first; at most {MAX_SESSIONS}.",
        directives=[ListSize(assumed_size=MAX_SESSIONS, require_one_slicing_argument=False)],
    )(loaded("id")(sessions_of))

    @strawberry.field(
        description="How many notifications the viewer has not seen. There are none yet: always 0.",
        directives=[FREE],
    )
    @staticmethod
    def unseen_notifications() -> CappedCount:
        return NONE_YET  # type: ignore[return-value]  # a row

    @strawberry.field(
        description="How many users wait to follow the viewer. Accounts can't be private yet: always 0.",
        directives=[FREE],
    )
    @staticmethod
    def follow_request_count() -> CappedCount:
        return NONE_YET  # type: ignore[return-value]  # a row

    id = id_field("Account", "The account's opaque global id")
    is_type_of = InstancesOf(AccountRow, exact=AccountRow._fields)


@strawberry.type(description="Whether a username can be used at sign-up.")
class UsernameAvailability:
    is_available: bool = strawberry.field(
        description="Whether nobody has or had the username, and it may be used."
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
    def account(info: strawberry.Info) -> Account | None:
        context: Context = info.context
        return None if context.viewer_id is None else AccountRow(context.viewer_id)  # type: ignore[return-value]  # a row

    @strawberry.field(description="Whether a username can be used at sign-up, and if not, why.")
    @staticmethod
    async def username_availability(
        info: strawberry.Info,
        username: Annotated[
            str,
            strawberry.argument(
                description=f"The username without @: 1 to {USERNAME_LENGTH} of A-Z, a-z, 0-9 and _."
            ),
        ],
    ) -> UsernameAvailability:
        context: Context = info.context
        problem = await username_problem(context.database, username)
        errors = [] if problem is None else [problem]
        return UsernameAvailability(is_available=problem is None, errors=errors)  # type: ignore[arg-type]  # resolved from a Problem
