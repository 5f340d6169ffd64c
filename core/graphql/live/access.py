"""Which connections stay open for whom, and when they end."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from time import time
from typing import Protocol

from core.events.log import EventRow
from core.graphql.errors import ClientError

CONNECTIONS_A_PERSON = 20
CONNECTIONS_A_PROCESS = 20_000

End = Callable[[str], None]
"""Ends a connection; the text says why, for a person."""


class Token(Protocol):
    """What an access token says."""

    @property
    def viewer_id(self) -> int: ...
    @property
    def session_id(self) -> int: ...
    @property
    def expires_at(self) -> float: ...


ReadToken = Callable[[str], Token]
"""Reads an Authorization header. Errors: ClientError."""
SessionIsLive = Callable[[int], Awaitable[bool]]
"""Whether a session has not been revoked."""


class Access:
    """The right of one connection to be open. `end` is called once when it is over."""

    __slots__ = ("_timer", "end", "session_id", "viewer_id")

    def __init__(self, end: End, viewer_id: int, session_id: int, expires_at: float) -> None:
        self.end = end
        self.viewer_id = viewer_id
        self.session_id = session_id
        self._timer = asyncio.get_running_loop().call_later(
            max(0.0, expires_at - time()),
            end,
            "The access token has expired: refresh the session, then resume.",
        )

    def cancel(self) -> None:
        self._timer.cancel()


class OpenConnections:
    """The connections of a process, found by the session that opened them."""

    def __init__(self, read_token: ReadToken, session_is_live: SessionIsLive) -> None:
        self._read_token = read_token
        self._session_is_live = session_is_live
        self._by_viewer: defaultdict[int, set[Access]] = defaultdict(set)
        self.count = 0

    def enter(self) -> None:
        """Counts a connection in. Errors: UNAVAILABLE if there are too many."""
        if self.count >= CONNECTIONS_A_PROCESS:
            raise ClientError(
                "Too many connections are open here. Try again in a moment.", "UNAVAILABLE"
            )
        self.count += 1

    def leave(self) -> None:
        self.count -= 1

    async def admit(self, authorization: str, end: End) -> Access:
        """Lets a signed-in person in for as long as their token and their session last.

        Errors: ClientError for a token that is no good (TOKEN_EXPIRED, TOKEN_INVALID), and
        TOO_MANY_CONNECTIONS.
        """
        token = self._read_token(authorization)
        theirs = self._by_viewer[token.viewer_id]
        if len(theirs) >= CONNECTIONS_A_PERSON:
            said = (
                f"{CONNECTIONS_A_PERSON} connections of yours are open, and more may not be. "
                "Close one first."
            )
            raise ClientError(said, "TOO_MANY_CONNECTIONS")
        access = Access(end, token.viewer_id, token.session_id, token.expires_at)
        theirs.add(access)
        # Watched from before it is looked at, the session can't end unnoticed in between.
        try:
            is_live = await self._session_is_live(token.session_id)
        except BaseException:
            self.dismiss(access)
            raise
        if not is_live:
            self.dismiss(access)
            raise ClientError("The session has ended: sign in again.", "TOKEN_INVALID")
        return access

    def dismiss(self, access: Access) -> None:
        """Forgets a connection that is closed."""
        access.cancel()
        theirs = self._by_viewer[access.viewer_id]
        theirs.discard(access)
        if not theirs:
            del self._by_viewer[access.viewer_id]

    def revoke(self, revocations: Sequence[EventRow]) -> None:
        """Ends the connections of sessions that are over."""
        for event in revocations:
            for access in tuple(self._by_viewer.get(event.actor_id, ())):
                if event.subject_id in {None, access.session_id}:
                    access.end("The session has ended: sign in again.")
