"""Root fields: the viewer, and a user by username."""

from __future__ import annotations

from typing import Annotated

import strawberry

from core.accounts.graphql.types import User
from core.accounts.selectors import UserDetails, profile_by_username, users_by_ids
from core.accounts.user_rows import UserRow
from core.accounts.validators import USERNAME_LENGTH, folded_username
from core.graphql.info import Info


@strawberry.type
class AccountsQuery:
    @strawberry.field(description="The signed-in user; null for an anonymous request.")
    @staticmethod
    async def viewer(info: Info) -> User | None:
        context = info.context
        if context.viewer_id is None:
            return None
        found: list[UserRow | None] = await users_by_ids(
            context.database, context.viewer_id, [context.viewer_id]
        )
        return found[0]  # type: ignore[return-value]  # a row

    @strawberry.field(
        description=(
            "The user with this username, ignoring the case of A to Z; null if none is "
            "visible to the viewer."
        )
    )
    @staticmethod
    async def user(
        info: Info,
        username: Annotated[
            str,
            strawberry.argument(
                description=f"The username, without @; at most {USERNAME_LENGTH} characters."
            ),
        ],
    ) -> User | None:
        context = info.context
        # White space around a name is ignored as at sign-in: keyboards of phones add it.
        folded = folded_username(username.strip())
        if folded is None:
            return None
        found = await profile_by_username(context.database, context.viewer_id, folded)
        if found is None:
            return None
        context.loader(UserDetails).prime(found.user.id, found.detail)
        return found.user  # type: ignore[return-value]  # a row
