"""The open connections of a process: their limits, and why and when the server closes them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Protocol

from core.database.clock import CLOCK
from core.database.database import DatabaseUnavailable
from core.errors import SESSION_ENDED, ClientError
from core.events.event_log import EventRow
from core.events.revocations import revokes_session
from core.ip_networks import network_of

CONNECTIONS_PER_VIEWER = 20
CONNECTIONS_PER_PROCESS = 20_000
SESSION_SECONDS = 10.0
"""The timeout for looking up a connection's session."""
RETRY_SECONDS = 30
"""After how long a client may try again that the limit of the process has refused."""


class CloseReason(Enum):
    """Why the server closes a connection without an error of the client: an error code and a message."""

    TOKEN_EXPIRED = (
        "TOKEN_EXPIRED",
        "The access token has expired: refresh the session, then resume.",
    )
    SESSION_ENDED = ("TOKEN_INVALID", SESSION_ENDED)
    REPLACED = (
        "TOO_MANY_CONNECTIONS",
        f"A newer connection replaced this one: a user may have {CONNECTIONS_PER_VIEWER}.",
    )
    SHUTDOWN = ("UNAVAILABLE", "The server is stopping: connect again, then resume.")

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message


End = Callable[[CloseReason], None]
"""Ends a connection. Called at most once, and never after `unregister`."""


class Token(Protocol):
    """The claims of an access token."""

    @property
    def viewer_id(self) -> int: ...
    @property
    def session_id(self) -> int: ...
    @property
    def expires_at(self) -> float: ...


ReadToken = Callable[[str], Token]
"""Verifies the access token in an Authorization header. Errors: ClientError."""
SessionIsLive = Callable[[int], Awaitable[bool]]
"""Returns whether a session has not been revoked."""


class RegisteredConnection:
    """The entry of a connection in the registry: its viewer, session, and how to end it."""

    __slots__ = ("admission", "end", "network", "session_id", "timer", "viewer_id")

    def __init__(self, network: str | None, end: End) -> None:
        self.network = network
        self.end: End | None = end
        """None after it was called, or the connection was unregistered."""
        self.viewer_id: int | None = None
        self.session_id: int | None = None
        self.admission = 0
        """Its number in the order of admissions; 0 before its admission."""
        self.timer: asyncio.TimerHandle | None = None


class ConnectionRegistry:
    """The connections of a process: limited by process, address and viewer, ended with their sessions.

    Each connection is registered, and unregistered when it closes. One with an access token is
    admitted in between.
    """

    def __init__(
        self, read_token: ReadToken, session_is_live: SessionIsLive, *, per_address: int
    ) -> None:
        """`per_address`: the limit for one IPv4 address or one IPv6 network."""
        self._read_token = read_token
        self._session_is_live = session_is_live
        self._per_address = per_address
        self._all: set[RegisteredConnection] = set()
        self._by_network: defaultdict[str, int] = defaultdict(int)
        self._by_viewer: dict[int, set[RegisteredConnection]] = {}
        self._admissions = 0
        self._is_closed = False

    @property
    def count(self) -> int:
        return len(self._all)

    def register(self, address: str | None, end: End) -> RegisteredConnection:
        """Adds a connection. Without an address only the limit of the process applies.

        Errors: UNAVAILABLE if the process has too many connections or is stopping,
        TOO_MANY_CONNECTIONS if the address has too many.
        """
        if self._is_closed:
            raise ClientError(
                CloseReason.SHUTDOWN.message, CloseReason.SHUTDOWN.code, retryAfterSeconds=1
            )
        if len(self._all) >= CONNECTIONS_PER_PROCESS:
            raise ClientError(
                "The server has too many connections. Try again in a moment.",
                "UNAVAILABLE",
                retryAfterSeconds=RETRY_SECONDS,
            )
        network = None if address is None else network_of(address)
        if network is not None:
            if self._by_network.get(network, 0) >= self._per_address:
                raise ClientError(
                    f"{self._per_address} connections are open from {network}, which is the limit. "
                    "Close one first.",
                    "TOO_MANY_CONNECTIONS",
                )
            self._by_network[network] += 1
        connection = RegisteredConnection(network, end)
        self._all.add(connection)
        return connection

    def unregister(self, connection: RegisteredConnection) -> None:
        """Removes a closed connection."""
        connection.end = None
        self._detach_viewer(connection)
        self._all.remove(connection)
        network = connection.network
        if network is not None:
            self._by_network[network] -= 1
            if not self._by_network[network]:
                del self._by_network[network]

    async def admit(self, connection: RegisteredConnection, authorization: str) -> None:
        """Admits a viewer until the token expires or the session ends.

        Ends the viewer's oldest connection if there are too many. Errors: ClientError for an
        invalid token (TOKEN_EXPIRED, TOKEN_INVALID), DatabaseUnavailable.
        """
        token = self._read_token(authorization)
        connection.viewer_id, connection.session_id = token.viewer_id, token.session_id
        connection.timer = asyncio.get_running_loop().call_later(
            max(0.0, token.expires_at - CLOCK.now()),
            self._end,
            connection,
            CloseReason.TOKEN_EXPIRED,
        )
        # Added before the session is looked up, so that a revocation in between is not missed.
        self._by_viewer.setdefault(token.viewer_id, set()).add(connection)
        try:
            async with asyncio.timeout(SESSION_SECONDS):
                is_live = await self._session_is_live(token.session_id)
        except TimeoutError:
            self._detach_viewer(connection)
            raise DatabaseUnavailable("the session was not looked up in time") from None
        except BaseException:
            self._detach_viewer(connection)
            raise
        if connection.end is None:
            return  # It was ended in the meantime, with a reason for the client.
        if not is_live:
            self._detach_viewer(connection)
            raise ClientError(CloseReason.SESSION_ENDED.message, CloseReason.SESSION_ENDED.code)
        # Replaces another connection only now: one with an ended session must not.
        self._admissions += 1
        connection.admission = self._admissions
        admitted = [each for each in self._by_viewer[token.viewer_id] if each.admission]
        if len(admitted) > CONNECTIONS_PER_VIEWER:
            self._end(min(admitted, key=lambda each: each.admission), CloseReason.REPLACED)

    def revoke(self, revocations: Sequence[EventRow]) -> None:
        """Ends the connections of sessions that have ended."""
        for event in revocations:
            for connection in tuple(self._by_viewer.get(event.actor_id, ())):
                if connection.session_id is not None and revokes_session(
                    event, connection.session_id
                ):
                    self._end(connection, CloseReason.SESSION_ENDED)

    def close_all(self) -> None:
        """Ends every connection, and rejects new ones."""
        self._is_closed = True
        for connection in tuple(self._all):
            self._end(connection, CloseReason.SHUTDOWN)

    def _end(self, connection: RegisteredConnection, ending: CloseReason) -> None:
        end, connection.end = connection.end, None
        self._detach_viewer(connection)
        if end is not None:
            end(ending)

    def _detach_viewer(self, connection: RegisteredConnection) -> None:
        """Removes a connection from its viewer's, and cancels the timer of its token."""
        if connection.timer is not None:
            connection.timer.cancel()
            connection.timer = None
        viewer_id, connection.viewer_id = connection.viewer_id, None
        if viewer_id is not None:
            connections = self._by_viewer[viewer_id]
            connections.discard(connection)
            if not connections:
                del self._by_viewer[viewer_id]
