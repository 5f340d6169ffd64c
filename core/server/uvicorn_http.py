"""uvicorn's HTTP protocol, with one write for a response, timeouts and a limit of sockets."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import socket
import termios
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from prometheus_client import Counter
from uvicorn._types import ASGI3Application, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from core.server.socket_limits import SocketsByAddress, TooManySockets

HEAD_SECONDS = 20.0
UNREAD_SECONDS = 60
"""The kernel's timeout for a client that acknowledges no data, because it reads nothing or is unreachable.

`close` is not enough: it waits until the data written before is sent.
"""
USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)  # Only on Linux.
CONNECTION_HEADERS = {b"connection", b"transfer-encoding"}
CUT_OFF = Counter(
    "feed_http_connections_cut_off",
    "HTTP connections that the server closed, by reason.",
    ["reason"],
)
STOPPING = (
    b'{"errors":[{"message":"The server is stopping and has aborted the request. Its writes may or '
    b'may not have been committed.","extensions":{"code":"UNAVAILABLE"}}]}'
)
TOO_MANY = (
    b'{"errors":[{"message":"Too many connections are open from your address. Close one first.",'
    b'"extensions":{"code":"TOO_MANY_CONNECTIONS"}}]}'
)


def _last_response(status: int, body: bytes, retry_after: int) -> bytes:
    """The bytes of a JSON error response, after which the connection closes."""
    return (
        b"%bcontent-type: application/json; charset=utf-8\r\ncontent-length: %d\r\n"
        b"cache-control: no-store\r\nretry-after: %d\r\nconnection: close\r\n\r\n%b"
    ) % (STATUS_LINE[status], len(body), retry_after, body)


ABORTED_RESPONSE = _last_response(503, STOPPING, 1)
REFUSED_RESPONSE = _last_response(429, TOO_MANY, 30)

logger = logging.getLogger(__name__)

SILENT = logging.getLogger(f"{__name__}.silent")
"""The logger for requests that are aborted on purpose, for which uvicorn would log a traceback."""
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False


class SingleWriteCycle(RequestResponseCycle):
    """A request and its response; a response with a known length is written at once.

    uvicorn validates and joins the lines of each head and writes it before the body, and uvloop makes each write a
    system call and a packet: a tenth of the cost of a page. Here a head with a content-length waits for the body,
    and the lines of recent heads are cached.
    """

    _start: Any = None
    """The head that waits for its body."""

    async def send(self, message: ASGISendEvent) -> None:
        start = self._start
        if message["type"] == "http.response.start" and not self.response_started:
            fields = message.get("headers")
            if fields and fields[-1][0] == b"content-length":  # type: ignore[index]  # a list, though not for ASGI
                self._start = message
                return
            start = None
        self._start = None
        if start is not None:
            if self._sent_at_once(start, message):
                return
            await super().send(start)
        await super().send(message)

    def _sent_at_once(self, start: Any, message: Any) -> bool:
        """Writes head and body at once; False, without a write, in all but the common case."""
        if (
            message["type"] != "http.response.body"
            or message.get("more_body")
            or not self.keep_alive
            or self.disconnected
            or self.flow.write_paused
            or self.scope["method"] == "HEAD"
        ):
            return False
        body = message.get("body", b"")
        *fields, (_, length) = start["headers"]
        head = _head(start["status"], tuple(fields)) if int(length) == len(body) else None
        if head is None:
            return False
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        default = [b"%b: %b\r\n" % field for field in self.default_headers]
        self.transport.write(
            b"%b%bcontent-length: %b\r\n\r\n%b" % (head, b"".join(default), length, body)
        )
        self.message_event.set()
        self.on_response()
        return True


@lru_cache(maxsize=256)
def _head(status: int, fields: tuple[tuple[bytes, bytes], ...]) -> bytes | None:
    """The lines for a status and headers; None if uvicorn has to handle or reject one of them."""
    lines = [STATUS_LINE[status]]
    for name, value in fields:
        if (
            name.lower() in CONNECTION_HEADERS
            or HEADER_RE.search(name)
            or HEADER_VALUE_RE.search(value)
        ):
            return None
        lines.append(b"%b: %b\r\n" % (name.lower(), value))
    return b"".join(lines)


class SingleWriteProtocol(HttpToolsProtocol):
    """uvicorn's protocol with such responses, which leaves no reference cycles.

    `close_after_next` ends it without aborting a response. An idle connection whose client does not complete the
    head of a request within the timeout is closed, also if it sends single bytes or a body that no one reads.
    """

    _closes_after_next = False
    _head_timer: asyncio.TimerHandle | None = None
    """Runs while a head is awaited. Between requests uvicorn's keep-alive timer runs, until the next byte."""

    def __init__(
        self,
        *arguments: Any,
        head_seconds: float = HEAD_SECONDS,
        sockets: SocketsByAddress | None = None,
        **named: Any,
    ) -> None:
        """`head_seconds`: the timeout for the head of a request. `sockets`: the limit by address."""
        super().__init__(*arguments, **named)
        self._head_seconds = head_seconds
        self._sockets = sockets
        self._leave: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        if USER_TIMEOUT is not None:
            raw = transport.get_extra_info("socket")
            if raw.family != socket.AF_UNIX:
                raw.setsockopt(socket.IPPROTO_TCP, USER_TIMEOUT, UNREAD_SECONDS * 1_000)
        if self._sockets is not None and self.client is not None:
            try:
                self._leave = self._sockets.enter(self.client[0])
            except TooManySockets as refused:
                CUT_OFF.labels("too many of one address").inc()
                logger.warning("A connection was refused: %s", refused)
                transport.write(REFUSED_RESPONSE)
                transport.close()
                return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # uvicorn leaves the keep-alive timer of an aborted connection, which keeps it in memory for a minute.
        self._unset_keepalive_if_required()
        self._head_arrived()
        if self._leave is not None:
            self._leave()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle
        is_idle = cycle is None or cycle.response_complete
        if is_idle and self._head_timer is None and self.parser is not None:
            self._await_head()

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        # The WebSocket protocol takes over: `connection_lost` of this one is not called, and its parser refers to it.
        self.parser = None  # type: ignore[assignment]
        self._head_arrived()
        self.transport.get_protocol().leave = self._leave  # type: ignore[attr-defined]  # WebSocketProtocol

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self._head_seconds, self._head_timed_out)

    def _head_arrived(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_timed_out(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            CUT_OFF.labels("no request in time").inc()
            logger.warning(
                "A connection was closed: it sent no complete request head within %g s.",
                self._head_seconds,
            )
            self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        # uvicorn has no setting for the class.
        cycle.__class__ = SingleWriteCycle
        self._head_arrived()
        if self._closes_after_next:
            cycle.keep_alive = False
        super()._start_asgi_task(cycle, app)

    def close_after_next(self) -> None:
        """Closes the connection after the current response, or else after the next one."""
        self._closes_after_next = True
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """Closes the connection if no request is under way, else after its answer.

        A request that has arrived and was not read yet is under way too: to close now would reset it.
        """
        self.close_after_next()
        if not self._has_request():
            self.transport.close()

    def _has_request(self) -> bool:
        """Whether a request is being answered, or part of one has arrived."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            return True
        # uvicorn begins a scope with the first byte of a head, and adds the method at its end.
        scope: Any = self.scope  # None before the first request, though its type does not say so.
        return (scope is not None and "method" not in scope) or self._has_unread()

    def _has_unread(self) -> bool:
        if self.transport.is_closing():
            return False
        raw = self.transport.get_extra_info("socket")
        return any(fcntl.ioctl(raw.fileno(), termios.FIONREAD, bytes(4)))

    def abort(self) -> None:
        """Ends the current request; with 503 if its response has not started."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete or cycle.response_started:
            self.transport.abort()
        else:
            self.transport.write(ABORTED_RESPONSE)
            self.transport.close()
        if cycle is not None:
            cycle.disconnected = True
            cycle.logger = SILENT


def websocket_protocol(**arguments: Any) -> asyncio.Protocol:
    """A protocol for one WebSocket. Its module (0.6 MB) is imported at the first call."""
    from core.server.uvicorn_websocket import WebSocketProtocol  # noqa: PLC0415

    return WebSocketProtocol(**arguments)
