"""Revoked sessions whose access tokens have not expired yet."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic
from typing import NamedTuple

from core.accounts.tokens import AccessToken
from core.database.clock import CLOCK
from core.errors import SESSION_ENDED, ClientError
from core.events.event_log import EventRow
from core.events.revocations import MAX_RECENT, revoked_below

logger = logging.getLogger(__name__)

MAX_TRACKED = MAX_RECENT - 1
CLOCK_SKEW_SECONDS = 30.0
"""How much the clocks of two servers may differ."""


class Revoked(NamedTuple):
    """A revocation of one session, or of all sessions of a user."""

    until: float
    """When the last access token issued before it has expired."""
    steady_until: float
    """The same by a clock that never jumps: a clock that is set forward, and then back, must forget no revocation."""
    below: int
    """For all sessions of a user: the revoked ones have keys below this."""


class RevokedSessions:
    """Refuses access tokens of revoked sessions.

    A revocation is tracked until the session's access tokens have expired. At most `at_most` are tracked: beyond
    that the oldest is dropped, and all access tokens issued before it are refused as expired. Clients then
    refresh, and only a session that is not revoked can be refreshed.
    """

    def __init__(
        self,
        *,
        token_life: timedelta,
        at_most: int = MAX_TRACKED,
        clock: Callable[[], float] = CLOCK.now,
        steady_clock: Callable[[], float] = monotonic,
    ) -> None:
        self._token_seconds = token_life.total_seconds()
        self._at_most = at_most
        self._clock = clock
        self._steady_clock = steady_clock
        self._revoked: OrderedDict[tuple[int, int | None], Revoked] = OrderedDict()
        """By user and session, None for all sessions of the user. Order: oldest first."""
        self._expired_until = 0.0
        """Access tokens that expire by then are refused as expired."""

    def __len__(self) -> int:
        return len(self._revoked)

    def add(self, revocations: Sequence[EventRow]) -> None:
        """Refuses access tokens of these sessions from now on."""
        now = self._clock()
        steady_now = self._steady_clock()
        self._drop_expired(now - CLOCK_SKEW_SECONDS, steady_now - CLOCK_SKEW_SECONDS)
        until, steady_until = now + self._token_seconds, steady_now + self._token_seconds
        for event in revocations:
            key = (event.actor_id, event.subject_id)
            self._revoked[key] = Revoked(until, steady_until, revoked_below(event))
            self._revoked.move_to_end(key)
        if len(self._revoked) > self._at_most:
            self._drop_oldest()

    def check(self, token: AccessToken) -> None:
        """Errors: TOKEN_INVALID if the token's session is revoked, TOKEN_EXPIRED if that is unknown."""
        if token.expires_at <= self._expired_until:
            raise ClientError("The access token has expired: refresh the session.", "TOKEN_EXPIRED")
        if self._revoked and self._is_revoked(token):
            raise ClientError(SESSION_ENDED, "TOKEN_INVALID")

    def _is_revoked(self, token: AccessToken) -> bool:
        if token[:2] in self._revoked:
            return True
        all_sessions = self._revoked.get((token.viewer_id, None))
        return all_sessions is not None and token.session_id < all_sessions.below

    def _drop_expired(self, moment: float, steady_moment: float) -> None:
        while self._revoked:
            oldest = next(iter(self._revoked.values()))
            if oldest.until >= moment or oldest.steady_until >= steady_moment:
                return
            self._revoked.popitem(last=False)

    def _drop_oldest(self) -> None:
        while len(self._revoked) > self._at_most:
            _, dropped = self._revoked.popitem(last=False)
            self._expired_until = max(self._expired_until, dropped.until)
        logger.warning(
            "More than %d sessions were revoked before their access tokens expired. Access tokens issued before the "
            "oldest of these revocations are refused as expired; clients refresh.",
            self._at_most,
        )
