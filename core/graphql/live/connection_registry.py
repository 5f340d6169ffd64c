"""Which connections stay open for whom, and when they end."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from time import time
from typing import Protocol

from core.database.database import DatabaseUnavailable
from core.errors import SESSION_ENDED, ClientError
from core.events.event_log import EventRow
from core.events.revocations import revokes_session
from core.ip_networks import network_of

CONNECTIONS_PER_VIEWER = 20
CONNECTIONS_PER_PROCESS = 20_000
SESSION_SECONDS = 10.0
"""How long a connection waits for its session to be looked up."""
RETRY_SECONDS = 30
"""When a client that was refused for its address may try again."""


class Ending(Enum):
    """Why the server ends a connection that has done nothing wrong: an error code and a message."""

    TOKEN_EXPIRED = (
        "TOKEN_EXPIRED",
        "The access token has expired: refresh the session, then resume.",
    )
    SESSION_ENDED = ("TOKEN_INVALID", SESSION_ENDED)
    REPLACED = (
        "TOO_MANY_CONNECTIONS",
        f"A newer connection took this one's place: a person may hold {CONNECTIONS_PER_VIEWER}.",
    )
    SHUTDOWN = ("UNAVAILABLE", "The server is stopping: connect again, then resume.")

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message


End = Callable[[Ending], None]
"""Ends a connection. Called at most once, and never after `leave`."""


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


class RegisteredConnection:
    """One connection as `ConnectionRegistry` knows it: whose it is, and how it is ended."""

    __slots__ = ("admission", "end", "network", "session_id", "timer", "viewer_id")

    def __init__(self, network: str | None, end: End) -> None:
        self.network = network
        self.end: End | None = end
        """None once it has been called, or the connection has left."""
        self.viewer_id: int | None = None
        self.session_id: int | None = None
        self.admission = 0
        """Its place in the order of all admissions; 0 for one that is not admitted."""
        self.timer: asyncio.TimerHandle | None = None


class ConnectionRegistry:
    """The connections of a process: bounded by process, address and viewer, ended with sessions.

    Each enters, and leaves whatever becomes of it. One that comes with a token is admitted in
    between.
    """

    def __init__(
        self, read_token: ReadToken, session_is_live: SessionIsLive, *, per_address: int
    ) -> None:
        """`per_address`: how many may be open from one IPv4 address or one IPv6 network."""
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

    def enter(self, address: str | None, end: End) -> RegisteredConnection:
        """Counts a connection in. One without an address is bounded by the process alone.

        Errors: UNAVAILABLE if the process has too many or is stopping, TOO_MANY_CONNECTIONS if
        the address has.
        """
        if self._is_closed:
            raise ClientError(Ending.SHUTDOWN.message, Ending.SHUTDOWN.code, retryAfterSeconds=1)
        if len(self._all) >= CONNECTIONS_PER_PROCESS:
            raise ClientError(
                "Too many connections are open here. Try again in a moment.",
                "UNAVAILABLE",
                retryAfterSeconds=RETRY_SECONDS,
            )
        network = None if address is None else network_of(address)
        if network is not None:
            if self._by_network.get(network, 0) >= self._per_address:
                raise ClientError(
                    f"{self._per_address} connections are open from {network}, and more may not "
                    "be. Close one first.",
                    "TOO_MANY_CONNECTIONS",
                    retryAfterSeconds=RETRY_SECONDS,
                )
            self._by_network[network] += 1
        connection = RegisteredConnection(network, end)
        self._all.add(connection)
        return connection

    def leave(self, connection: RegisteredConnection) -> None:
        """Forgets a connection that is closed."""
        connection.end = None
        self._withdraw(connection)
        self._all.remove(connection)
        network = connection.network
        if network is not None:
            self._by_network[network] -= 1
            if not self._by_network[network]:
                del self._by_network[network]

    async def admit(self, connection: RegisteredConnection, authorization: str) -> None:
        """Admits a viewer for as long as the token and the session last.

        The viewer's oldest connection ends where there would be too many. Errors: ClientError for
        a token that is no good (TOKEN_EXPIRED, TOKEN_INVALID), DatabaseUnavailable.
        """
        token = self._read_token(authorization)
        connection.viewer_id, connection.session_id = token.viewer_id, token.session_id
        connection.timer = asyncio.get_running_loop().call_later(
            max(0.0, token.expires_at - time()), self._end, connection, Ending.TOKEN_EXPIRED
        )
        # Listed before the session is looked up, so that it can't end unnoticed in between.
        self._by_viewer.setdefault(token.viewer_id, set()).add(connection)
        try:
            async with asyncio.timeout(SESSION_SECONDS):
                is_live = await self._session_is_live(token.session_id)
        except TimeoutError:
            self._withdraw(connection)
            raise DatabaseUnavailable("the session was not found in time") from None
        except BaseException:
            self._withdraw(connection)
            raise
        if connection.end is None:
            return  # It was ended in between, and its client knows why.
        if not is_live:
            self._withdraw(connection)
            raise ClientError(Ending.SESSION_ENDED.message, Ending.SESSION_ENDED.code)
        # Only now may it take another's place: a token whose session is over takes none.
        self._admissions += 1
        connection.admission = self._admissions
        admitted = [each for each in self._by_viewer[token.viewer_id] if each.admission]
        if len(admitted) > CONNECTIONS_PER_VIEWER:
            self._end(min(admitted, key=lambda each: each.admission), Ending.REPLACED)

    def revoke(self, revocations: Sequence[EventRow]) -> None:
        """Ends the connections of sessions that are over."""
        for event in revocations:
            for connection in tuple(self._by_viewer.get(event.actor_id, ())):
                if connection.session_id is not None and revokes_session(
                    event, connection.session_id
                ):
                    self._end(connection, Ending.SESSION_ENDED)

    def close_all(self) -> None:
        """Ends every connection, and refuses those that come from now on."""
        self._is_closed = True
        for connection in tuple(self._all):
            self._end(connection, Ending.SHUTDOWN)

    def _end(self, connection: RegisteredConnection, ending: Ending) -> None:
        end, connection.end = connection.end, None
        self._withdraw(connection)
        if end is not None:
            end(ending)

    def _withdraw(self, connection: RegisteredConnection) -> None:
        """Takes a connection from its viewer."""
        if connection.timer is not None:
            connection.timer.cancel()
            connection.timer = None
        viewer_id, connection.viewer_id = connection.viewer_id, None
        if viewer_id is not None:
            theirs = self._by_viewer[viewer_id]
            theirs.discard(connection)
            if not theirs:
                del self._by_viewer[viewer_id]
