"""What a moderator does about people. Each call is to run in a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from core.accounts.models import Follow, Session, User
from core.admin import EVERYTHING_VISIBLE
from core.database.orm import run
from core.database.statements import load_statements

SQL = load_statements(
    Path(__file__).parent / "sql",
    EVERYTHING_VISIBLE,
    Path(__file__).parent.parent / "events" / "sql",
)

REMOVERS: list[Callable[[int], None]] = []
"""How the features above remove what is a person's, in this order; filled where all is wired."""


def sessions_revoke(sessions: Iterable[Session]) -> int:
    """How many sessions have ended by this. Their access tokens end with them."""
    return sum(run(SQL["sessions_revoke"], one.user_id, one.pk)[0][0] for one in sessions)


def sign_out_everywhere(person: User) -> None:
    """Ends every session of a person."""
    run(SQL["sessions_revoke"], person.pk, None)


def sessions_delete(sessions: Iterable[Session]) -> None:
    """Ends sessions and forgets them."""
    for session in sessions:
        sessions_revoke([session])
        session.delete()


def follows_delete(follows: Iterable[Follow]) -> None:
    """Ends follows. Locks: both people of each."""
    pairs = [(follow.follower_id, follow.followee_id) for follow in follows]
    if pairs:
        followers, followees = zip(*pairs, strict=True)
        run(SQL["people_lock"], [*followers, *followees])
        run(SQL["follow_delete"], list(followers), list(followees), [None] * len(pairs))


def person_delete(person: User) -> None:
    """Removes a person and all that is theirs, so that every count is right and every event is told.

    Locks: the person, then what they have touched.
    """
    run(SQL["person_lock"], person.pk)
    for remove in REMOVERS:
        remove(person.pk)
    run(SQL["follows_sever"], person.pk)
    sign_out_everywhere(person)
    person.delete()
