"""Writes of a profile, and whether a username is free."""

from __future__ import annotations

from core.accounts.statements import SQL
from core.accounts.user_rows import UserRow
from core.accounts.validators import clean_bio, clean_display_name, clean_username
from core.database.database import Database
from core.errors import ErrorCode, InputRules, Problem, account_removed


class Unset:
    """A field of an input that was left out, which is not the same as null."""


UNSET = Unset()


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

    Errors: MutationRefused (INVALID_INPUT), UNAUTHENTICATED for a deleted account.
    """
    rules = InputRules()
    new_name = new_bio = new_avatar = None
    if display_name is None:
        rules.reject("displayName", "A display name can't be removed. Leave it out to keep it.")
    elif not isinstance(display_name, Unset):
        new_name = rules.check("displayName", clean_display_name, display_name)
    if not isinstance(bio, Unset):
        new_bio = rules.check("bio", clean_bio, bio or "")
    if avatar_media_id is None:
        new_avatar = ""
    elif not isinstance(avatar_media_id, Unset):
        rules.reject("avatarMediaId", "Pictures can't be uploaded yet. Leave this out.")
    if is_private is None:
        rules.reject("isPrivate", "This is true or false. Leave it out to keep it.")
    rules.raise_problems()
    new_privacy = None if isinstance(is_private, Unset) else is_private
    rows = await database.write(
        SQL.profile_update, viewer_id, new_name, new_bio, new_avatar, new_privacy
    )
    if not rows:
        raise account_removed()
    return UserRow._make(rows[0])


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
