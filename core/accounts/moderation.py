"""What moderators do in the admin. Each function runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.accounts.models import Follow, FollowRequest, Session, User
from core.accounts.statements import AccountStatements
from core.admin import EVERYTHING_VISIBLE
from core.database.django_bridge import run
from core.jobs.causes import current_cause

SQL = AccountStatements(EVERYTHING_VISIBLE)


def sessions_revoke(sessions: Iterable[Session]) -> int:
    """Revokes sessions and their access tokens. Returns the number of those that were active."""
    return sum(run(SQL.sessions_revoke, session.user_id, session.pk)[0][0] for session in sessions)


def sign_out_everywhere(user: User) -> None:
    """Revokes all sessions of the user."""
    run(SQL.sessions_revoke, user.pk, None)


def sessions_delete(sessions: Iterable[Session]) -> None:
    """Revokes sessions and deletes their rows."""
    for session in sessions:
        sessions_revoke([session])
        session.delete()


def follows_delete(follows: Iterable[Follow]) -> None:
    """Ends follows. Locks: both users of each."""
    pairs = [(follow.follower_id, follow.followee_id) for follow in follows]
    if pairs:
        followers, followees = zip(*pairs, strict=True)
        run(SQL.users_lock, [*followers, *followees])
        run(SQL.follow_delete, list(followers), list(followees), [None] * len(pairs))


def follow_requests_delete(requests: Iterable[FollowRequest]) -> None:
    """Rejects requests to follow. Locks: both users of each."""
    rows = list(requests)
    run(SQL.users_lock, [user for row in rows for user in (row.requester_id, row.target_id)])
    for request in rows:
        run(SQL.follow_request_reject, request.target_id, request.requester_id, None)


def user_delete(user: User) -> None:
    """Deletes an account: from the commit on it is hidden from all users and signed out everywhere.

    The worker removes its rows afterwards, with their counts and events.
    Locks: the user, then their sessions.
    """
    run(SQL.users_lock, [user.pk])
    run(SQL.account_hide, user.pk, current_cause())
    sign_out_everywhere(user)


def user_suspend(user: User, until: datetime | None = None) -> None:
    """Suspends a user: signed out everywhere, and not to sign in before that time; for good without one.

    Who is suspended for longer already stays so.
    Locks: the user, then their sessions.
    """
    run(SQL.users_lock, [user.pk])
    run(SQL.user_suspend, user.pk, until)


def user_unsuspend(user: User) -> None:
    """Ends the suspension of a user. Locks: the user."""
    run(SQL.users_lock, [user.pk])
    run(SQL.user_unsuspend, user.pk)
