"""What a moderator does about people. Each call is to run in a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Iterable

from core.accounts.models import Follow, Session, User
from core.accounts.statements import AccountStatements
from core.admin import EVERYTHING_VISIBLE
from core.database.django_bridge import run

SQL = AccountStatements(EVERYTHING_VISIBLE)


def sessions_revoke(sessions: Iterable[Session]) -> int:
    """How many sessions have ended by this. Their access tokens end with them."""
    return sum(run(SQL.sessions_revoke, one.user_id, one.pk)[0][0] for one in sessions)


def sign_out_everywhere(person: User) -> None:
    """Ends every session of a person."""
    run(SQL.sessions_revoke, person.pk, None)


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
        run(SQL.people_lock, [*followers, *followees])
        run(SQL.follow_delete, list(followers), list(followees), [None] * len(pairs))


def user_delete(person: User) -> None:
    """Deletes an account: from the commit on it is hidden from everybody and signed out everywhere.

    What is of it is removed afterwards by `manage.py maintain`, with its counts and events.
    Locks: the user, then their sessions.
    """
    run(SQL.people_lock, [person.pk])
    run(SQL.account_hide, person.pk)
    sign_out_everywhere(person)
