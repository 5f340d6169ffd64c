"""Sessions that have ended although access tokens that they were given are still good by themselves."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import time
from typing import NamedTuple

from core.accounts.tokens import AccessToken
from core.errors import SESSION_ENDED, ClientError
from core.events.event_log import EventRow
from core.events.revocations import RECENT_AT_MOST, revoked_below

logger = logging.getLogger(__name__)

REMEMBERED_AT_MOST = RECENT_AT_MOST - 1
CLOCKS_APART_SECONDS = 30.0
"""By which the clocks of two servers may differ."""


class Revoked(NamedTuple):
    """What is remembered of an end of sessions."""

    until: float
    """When no access token that was given before is good any more."""
    below: int
    """Of all sessions of a user: the keys of those that have ended are below this."""


class RevokedSessions:
    """Refuses access tokens of sessions that have ended.

    A session is remembered as long as an access token of it can be good. At most `at_most` are remembered: where
    there would be more, the one that ended first is forgotten, and all access tokens that were given before it ended
    are refused as expired. Clients then refresh, and only a session that has not ended can be refreshed.
    """

    def __init__(
        self,
        *,
        token_life: timedelta,
        at_most: int = REMEMBERED_AT_MOST,
        clock: Callable[[], float] = time,
    ) -> None:
        self._token_seconds = token_life.total_seconds()
        self._at_most = at_most
        self._clock = clock
        self._revoked: OrderedDict[tuple[int, int | None], Revoked] = OrderedDict()
        """By user and session, or None for all sessions of the user; the first to be forgotten first."""
        self._expired_until = 0.0
        """Access tokens that end up to here count as expired."""

    def __len__(self) -> int:
        return len(self._revoked)

    def add(self, revocations: Sequence[EventRow]) -> None:
        """Refuses access tokens of these sessions from now on."""
        now = self._clock()
        self._forget_before(now - CLOCKS_APART_SECONDS)
        until = now + self._token_seconds
        for event in revocations:
            key = (event.actor_id, event.subject_id)
            self._revoked[key] = Revoked(until, revoked_below(event))
            self._revoked.move_to_end(key)
        if len(self._revoked) > self._at_most:
            self._forget_more()

    def check(self, token: AccessToken) -> None:
        """Errors: TOKEN_INVALID if the token's session has ended, TOKEN_EXPIRED if that is not known."""
        if token.expires_at <= self._expired_until:
            raise ClientError("The access token has expired: refresh the session.", "TOKEN_EXPIRED")
        if self._revoked and self._has_ended(token):
            raise ClientError(SESSION_ENDED, "TOKEN_INVALID")

    def _has_ended(self, token: AccessToken) -> bool:
        if token[:2] in self._revoked:
            return True
        all_sessions = self._revoked.get((token.viewer_id, None))
        return all_sessions is not None and token.session_id < all_sessions.below

    def _forget_before(self, moment: float) -> None:
        while self._revoked and next(iter(self._revoked.values())).until < moment:
            self._revoked.popitem(last=False)

    def _forget_more(self) -> None:
        while len(self._revoked) > self._at_most:
            _, forgotten = self._revoked.popitem(last=False)
            self._expired_until = max(self._expired_until, forgotten.until)
        logger.warning(
            "More than %d sessions have ended while access tokens of theirs are good. Tokens that were given before "
            "the first of them ended are refused as expired; clients refresh.",
            self._at_most,
        )
