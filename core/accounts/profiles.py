"""Writes of a profile, and whether a username is free."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from core.accounts.statements import SQL
from core.accounts.user_rows import UserRow
from core.accounts.validators import clean_bio, clean_display_name, clean_username
from core.database.database import Database, Transaction
from core.errors import ErrorCode, InputRules, Problem, account_removed


class Unset:
    """A field of an input that was left out, which is not the same as null."""


UNSET = Unset()

ChooseAvatar = Callable[[Transaction, int, str | None], Awaitable[str]]
"""Makes a picture, given by its id, that of a user, whose row is locked; None takes it away. Gives its address, which
is empty if there is none yet. Errors: MutationRefused (MEDIA_NOT_USABLE)."""


class Avatars:
    """The pictures of profiles. The room of pictures is above this one, so it is registered, before requests."""

    def __init__(self) -> None:
        self.choose: ChooseAvatar | None = None


AVATARS = Avatars()


async def profile_update(
    database: Database,
    *,
    viewer_id: int,
    display_name: str | Unset | None = UNSET,
    bio: str | Unset | None = UNSET,
    avatar_media_id: str | Unset | None = UNSET,
    is_private: bool | Unset | None = UNSET,
) -> UserRow:
    """The user, changed. What is left out stays; null clears the bio and the picture.
    A private account's posts are hidden from all but its followers at once.

    Errors: MutationRefused (INVALID_INPUT, MEDIA_NOT_USABLE), UNAUTHENTICATED for a deleted account. Locks: the user,
    the pictures.
    """
    rules = InputRules()
    new_name = new_bio = new_avatar = None
    if display_name is None:
        rules.reject("displayName", "A display name can't be removed. Leave it out to keep it.")
    elif not isinstance(display_name, Unset):
        new_name = rules.check("displayName", clean_display_name, display_name)
    if not isinstance(bio, Unset):
        new_bio = rules.check("bio", clean_bio, bio or "")
    if is_private is None:
        rules.reject("isPrivate", "This is true or false. Leave it out to keep it.")
    rules.raise_problems()
    new_privacy = None if isinstance(is_private, Unset) else is_private
    async with database.transaction() as transaction:
        if not isinstance(avatar_media_id, Unset) and AVATARS.choose is not None:
            await transaction.fetch(SQL.users_lock, [viewer_id])
            new_avatar = await AVATARS.choose(transaction, viewer_id, avatar_media_id)
        row = (viewer_id, new_name, new_bio, new_avatar, new_privacy)
        user = await transaction.fetch_row(SQL.profile_update, *row)
        if user is None:
            raise account_removed()
    return UserRow._make(user)


async def avatar_url_set(transaction: Transaction, *, user_id: int, url: str) -> None:
    """Sets the address of a user's picture. Locks: the user."""
    await transaction.fetch(SQL.avatar_url_set, user_id, url)


async def username_problem(database: Database, username: str) -> Problem | None:
    """Why nobody can sign up with this username now; None if it is free. Cost: at most one statement."""
    try:
        cleaned = clean_username(username)
    except ValueError as error:
        return Problem(ErrorCode.INVALID_INPUT, str(error), ("username",))
    taken = await database.fetch_row(SQL.username_taken, cleaned)
    if taken is not None and taken[0]:
        return Problem(
            ErrorCode.USERNAME_TAKEN,
            "This username is taken, or looks like one that is.",
            ("username",),
        )
    return None
