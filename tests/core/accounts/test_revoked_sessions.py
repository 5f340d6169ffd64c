"""Which access tokens are refused because their session has ended, and for how long that is remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.accounts.revoked_sessions import CLOCKS_APART_SECONDS, RevokedSessions
from core.accounts.tokens import AccessToken
from core.database.time_ordered_keys import key_at
from core.errors import ClientError
from core.events.event_log import EventRow

LIFE = timedelta(minutes=15)
NOW = datetime(2026, 11, 28, 20, 0, tzinfo=UTC)
SESSION = key_at(NOW - timedelta(days=1), 5)


class Clock:
    def __init__(self) -> None:
        self.now = NOW.timestamp()

    def __call__(self) -> float:
        return self.now

    def token(self, session: int = SESSION, viewer: int = 1) -> AccessToken:
        """What is given at this moment."""
        return AccessToken(viewer, session, int(self.now + LIFE.total_seconds()))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def revoked(clock: Clock) -> RevokedSessions:
    return RevokedSessions(token_life=LIFE, at_most=3, clock=clock)


def end(session: int | None = SESSION, viewer: int = 1) -> EventRow:
    return EventRow(1, 1, "session_revoked", viewer, None, session, None, NOW)


def refused(revoked: RevokedSessions, token: AccessToken) -> str | None:
    """With which code the token is refused."""
    try:
        revoked.check(token)
    except ClientError as error:
        return error.code
    return None


def test_a_session_that_has_ended_is_refused_and_no_other(
    revoked: RevokedSessions, clock: Clock
) -> None:
    assert refused(revoked, clock.token()) is None
    revoked.add([end()])
    assert refused(revoked, clock.token()) == "TOKEN_INVALID"
    assert refused(revoked, clock.token(SESSION + 1)) is None
    assert refused(revoked, clock.token(viewer=2)) is None


def test_the_end_of_all_sessions_concerns_those_that_began_before(
    revoked: RevokedSessions, clock: Clock
) -> None:
    revoked.add([end(None)])
    assert refused(revoked, clock.token(key_at(NOW - timedelta(milliseconds=1), 9)))
    assert refused(revoked, clock.token(key_at(NOW, 0))) is None
    assert refused(revoked, clock.token(viewer=2)) is None


def test_it_is_remembered_until_the_last_token_has_expired(
    revoked: RevokedSessions, clock: Clock
) -> None:
    last = clock.token()
    revoked.add([end()])
    clock.now = float(last.expires_at)
    revoked.add([end(7)])
    assert (len(revoked), refused(revoked, last)) == (2, "TOKEN_INVALID")
    clock.now += CLOCKS_APART_SECONDS + 2
    revoked.add([])
    assert len(revoked) == 1


def test_what_is_told_again_is_remembered_anew(revoked: RevokedSessions, clock: Clock) -> None:
    revoked.add([end()])
    clock.now += 600
    revoked.add([end(), end()])
    assert len(revoked) == 1
    clock.now += 600
    revoked.add([])
    assert len(revoked) == 1


def test_beyond_the_bound_tokens_of_before_have_to_be_renewed(
    revoked: RevokedSessions, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    old = clock.token()
    of_others = clock.token(SESSION + 9)
    revoked.add([end()])
    for session in range(1, 4):
        clock.now += 60
        assert refused(revoked, of_others) is None
        revoked.add([end(session)])
    assert len(revoked) == 3
    assert "More than 3 sessions" in caplog.text
    # The first is forgotten. Its tokens can't be told from others of that time.
    assert refused(revoked, old) == refused(revoked, of_others) == "TOKEN_EXPIRED"
    assert refused(revoked, clock.token(SESSION + 9)) is None
    assert refused(revoked, clock.token(1)) == "TOKEN_INVALID"


def test_more_at_once_than_are_remembered_are_all_refused(
    revoked: RevokedSessions, clock: Clock
) -> None:
    tokens = [clock.token(session) for session in range(1, 11)]
    revoked.add([end(session) for session in range(1, 11)])
    assert len(revoked) == 3
    assert all(refused(revoked, token) for token in tokens)
    clock.now += 1
    assert refused(revoked, clock.token(99)) is None
