"""Access tokens of revoked sessions are refused for as long as they are valid by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.accounts.revoked_sessions import CLOCK_SKEW_SECONDS, RevokedSessions
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
        """An access token issued now."""
        return AccessToken(viewer, session, int(self.now + LIFE.total_seconds()))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def revoked(clock: Clock) -> RevokedSessions:
    return RevokedSessions(token_life=LIFE, at_most=3, clock=clock, steady_clock=clock)


def revocation(session: int | None = SESSION, viewer: int = 1) -> EventRow:
    return EventRow(1, 1, "session_revoked", viewer, None, session, None, NOW)


def refused(revoked: RevokedSessions, token: AccessToken) -> str | None:
    """The error code of the refusal; None if the token is accepted."""
    try:
        revoked.check(token)
    except ClientError as error:
        return error.code
    return None


def test_a_revoked_session_is_refused_and_no_other(revoked: RevokedSessions, clock: Clock) -> None:
    assert refused(revoked, clock.token()) is None
    revoked.add([revocation()])
    assert refused(revoked, clock.token()) == "TOKEN_INVALID"
    assert refused(revoked, clock.token(SESSION + 1)) is None
    assert refused(revoked, clock.token(viewer=2)) is None


def test_revoking_all_sessions_concerns_those_that_began_before(
    revoked: RevokedSessions, clock: Clock
) -> None:
    revoked.add([revocation(None)])
    assert refused(revoked, clock.token(key_at(NOW - timedelta(milliseconds=1), 9)))
    assert refused(revoked, clock.token(key_at(NOW, 0))) is None
    assert refused(revoked, clock.token(viewer=2)) is None


def test_a_revocation_is_tracked_until_the_last_token_has_expired(
    revoked: RevokedSessions, clock: Clock
) -> None:
    last = clock.token()
    revoked.add([revocation()])
    clock.now = float(last.expires_at)
    revoked.add([revocation(7)])
    assert (len(revoked), refused(revoked, last)) == (2, "TOKEN_INVALID")
    clock.now += CLOCK_SKEW_SECONDS + 2
    revoked.add([])
    assert len(revoked) == 1


def test_a_repeated_revocation_is_tracked_from_then_on(
    revoked: RevokedSessions, clock: Clock
) -> None:
    revoked.add([revocation()])
    clock.now += 600
    revoked.add([revocation(), revocation()])
    assert len(revoked) == 1
    clock.now += 600
    revoked.add([])
    assert len(revoked) == 1


def test_beyond_the_bound_older_tokens_must_be_refreshed(
    revoked: RevokedSessions, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    old = clock.token()
    of_others = clock.token(SESSION + 9)
    revoked.add([revocation()])
    for session in range(1, 4):
        clock.now += 60
        assert refused(revoked, of_others) is None
        revoked.add([revocation(session)])
    assert len(revoked) == 3
    assert "More than 3 sessions" in caplog.text
    # The oldest is dropped: its tokens look like all others of that time.
    assert refused(revoked, old) == refused(revoked, of_others) == "TOKEN_EXPIRED"
    assert refused(revoked, clock.token(SESSION + 9)) is None
    assert refused(revoked, clock.token(1)) == "TOKEN_INVALID"


def test_a_batch_beyond_the_bound_is_refused_as_a_whole(
    revoked: RevokedSessions, clock: Clock
) -> None:
    tokens = [clock.token(session) for session in range(1, 11)]
    revoked.add([revocation(session) for session in range(1, 11)])
    assert len(revoked) == 3
    assert all(refused(revoked, token) for token in tokens)
    clock.now += 1
    assert refused(revoked, clock.token(99)) is None


@pytest.mark.parametrize("jump", [timedelta(days=1), -timedelta(days=1)], ids=["forward", "back"])
def test_a_clock_that_jumps_and_is_set_right_forgets_no_revocation(
    clock: Clock, jump: timedelta
) -> None:
    steady = Clock()
    revoked = RevokedSessions(token_life=LIFE, clock=clock, steady_clock=steady)
    token = clock.token()
    revoked.add([revocation()])
    for seconds in (jump.total_seconds(), -jump.total_seconds()):
        clock.now += seconds
        revoked.add([revocation(7)])
    assert refused(revoked, token) == "TOKEN_INVALID"
    for each in (clock, steady):
        each.now += LIFE.total_seconds() + CLOCK_SKEW_SECONDS + 1
    revoked.add([])
    assert len(revoked) == 0
