"""uvicorn's HTTP protocol, with timeouts and a limit of sockets."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import socket
import sys
import termios
from collections.abc import Callable
from operator import itemgetter
from typing import Any

import httptools
import orjson
from prometheus_client import Counter
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from core.errors import ClientError
from core.graphql.errors import error_entry
from core.graphql.http.operations import ENDS_WITH_CLIENT, RECEIVED_BODY, WHOLE_RESPONSE
from core.graphql.streams.stream_endpoint import IS_STREAM
from core.server.socket_limits import SocketsByAddress, TooManySockets
from core.server.uvicorn_cycle import Cycle, UnframedCycle

HEAD_SECONDS = 20.0
MAX_HEAD_BYTES = 128 * 1024
"""Bytes that a client may send without completing a head or sending a part of a body. The parser has no limit."""
MAX_FIELDS = 200
"""Fields of a head."""
FIELD_NAME = itemgetter(0)
UNREAD_SECONDS = 60
"""The kernel's timeout for a client that acknowledges no data, because it reads nothing or is unreachable.

`close` is not enough: it waits until the data written before is sent.
"""
USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)  # Only on Linux.
CUT_OFF = Counter(
    "feed_http_connections_cut_off",
    "HTTP connections that the server closed, by reason.",
    ["reason"],
)
PRESENCE_SECONDS = 1.0
"""How often the server looks whether a client that has ended its sending side is still there."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
EXTENSIONS: dict[str, dict[str, Any]] = {WHOLE_RESPONSE: {}}
"""Of ASGI, for each request."""
STOPPING = ClientError(
    "The server is stopping and has aborted the request. Its writes may or may not have been committed.",
    "UNAVAILABLE",
)
TOO_MANY = ClientError(
    "Too many connections are open from your address. Close one first.", "TOO_MANY_CONNECTIONS"
)
HEAD_TOO_LARGE = ClientError(
    f"The head of the request is limited to {MAX_HEAD_BYTES:,} bytes and {MAX_FIELDS} headers. Send shorter or fewer "
    "headers, and the operation by POST.",
    "REQUEST_TOO_LARGE",
)
NOT_ONE_HOST = ClientError("A request of HTTP/1.1 has exactly one `Host`.", "BAD_REQUEST")


class HeadRefused(Exception):
    """Ends the parsing of a request whose head is refused; it was answered."""


def _last_response(status: int, error: ClientError, retry_after: int | None = None) -> bytes:
    """The bytes of a JSON error response, after which the connection closes."""
    body = orjson.dumps({"errors": [error_entry(error)]})
    retry = b"" if retry_after is None else b"retry-after: %d\r\n" % retry_after
    return (
        b"%bcontent-type: application/json; charset=utf-8\r\ncontent-length: %d\r\n"
        b"cache-control: no-store\r\nx-content-type-options: nosniff\r\n%bconnection: close\r\n\r\n%b"
    ) % (STATUS_LINE[status], len(body), retry, body)


logger = logging.getLogger(__name__)

SILENT = logging.getLogger(f"{__name__}.silent")
"""The logger for requests that are aborted on purpose, for which uvicorn would log a traceback."""
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False


class HTTPProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which leaves no reference cycles.

    `close_after_next` ends it without aborting a response. An idle connection whose client does not complete the
    head of a request within the timeout is closed, also if it sends single bytes or a body that no one reads; so is
    one that sends a head, or trailers of a body, without end. An upgrade to another protocol than WebSocket is ignored.
    """

    _closes_after_next = False
    _unparsed_bytes = 0
    """Bytes received since a head was complete or a part of a body arrived."""
    _data = b""
    """What is being parsed."""
    _parsed_again = b""
    """What is to be parsed next, before more is received."""
    _is_head_new = False
    """Whether the head of the request has arrived with what is being parsed."""
    _ignores_upgrade = False
    """Whether the head that is being parsed, or was last, asks for an upgrade that is ignored."""
    _executing: tuple[RequestResponseCycle, asyncio.Task[None]] | None = None
    """The request that was begun last."""
    _presence_timer: asyncio.TimerHandle | None = None
    """Runs once the client has ended its sending side."""
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
                transport.write(_last_response(429, TOO_MANY, 30))
                transport.close()
                return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # uvicorn leaves the keep-alive timer of an aborted connection, which keeps it in memory for a minute.
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
        if self._presence_timer is not None:
            self._presence_timer.cancel()
        self._head_arrived()
        if self._leave is not None:
            self._leave()
        self._end_execution()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        task = self.loop.create_task(cycle.run_asgi(app))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)
        self._executing = (cycle, task)

    def _end_execution(self) -> None:
        """Cancels the execution of a request that nobody waits for any more, if the application allows it."""
        executing, self._executing = self._cancellable(), None
        if executing is not None:
            cycle, task = executing
            cycle.disconnected = True
            cycle.logger = SILENT
            task.cancel()

    def _cancellable(self) -> tuple[RequestResponseCycle, asyncio.Task[None]] | None:
        """The request that may be cancelled when its client has gone; None if there is none."""
        executing = self._executing
        if executing is None or executing[0].response_complete:
            return None
        return executing if executing[0].scope.get(ENDS_WITH_CLIENT) else None

    def on_headers_complete(self) -> None:
        self._check_head()
        self._unparsed_bytes = 0
        self._ignores_upgrade = self.parser.should_upgrade() and (
            self.parser.get_method() != b"CONNECT" and not self._should_upgrade()
        )
        if self._ignores_upgrade:
            return
        scope: Any = self.scope
        scope["extensions"] = EXTENSIONS
        self._is_head_new = True
        super().on_headers_complete()
        self._head_arrived()
        # The application answers later: uvicorn has only created its task.
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None:
            cycle.__class__ = UnframedCycle if scope["http_version"] == "1.0" else Cycle
            if self._closes_after_next:
                cycle.keep_alive = False

    def _check_head(self) -> None:
        """Errors: HeadRefused for a head that is too large, or names not one host (RFC 9112, section 3.2)."""
        fields = self.headers
        if len(fields) > MAX_FIELDS or (
            # What has arrived at once may be a small head with the body.
            self._unparsed_bytes > MAX_HEAD_BYTES
            and len(self.url) + sum(len(name) + len(value) for name, value in fields)
            > MAX_HEAD_BYTES
        ):
            self._refuse_head()
            raise HeadRefused
        hosts = list(map(FIELD_NAME, fields)).count(b"host")
        if hosts != 1 and (hosts or self.parser.get_http_version() == "1.1"):
            self._refuse(400, NOT_ONE_HOST)
            raise HeadRefused

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio closes the transport unless it is true
        """Keeps the connection of a client that has only ended its sending side, until its requests are answered.

        A stream ends: nothing else tells soon that its client has gone.
        """
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.more_body or cycle.response_complete or IS_STREAM in cycle.scope:
            return False
        cycle.keep_alive = False
        self._presence_timer = self.loop.call_later(PRESENCE_SECONDS, self._ask_for_presence)
        return True

    def _ask_for_presence(self) -> None:
        """Sends an interim response during a query that may be cancelled.

        A client that has closed its connection ends its sending side as well, and is known to be gone only by the
        reset with which it answers what is sent to it. Others discard this response (RFC 9110, section 15.2.1).
        """
        executing = self._cancellable()
        if executing is None or executing[0].response_started or self.transport.is_closing():
            return
        if executing[0].scope["http_version"] != "1.0":
            self.transport.write(CONTINUE)
            self._presence_timer = self.loop.call_later(PRESENCE_SECONDS, self._check_presence)

    def _check_presence(self) -> None:
        """Aborts the connection if the client has reset it. Nothing is read from it any more, so only this notices."""
        raw = self.transport.get_extra_info("socket")
        if self.transport.is_closing():
            return
        if raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.transport.abort()
        else:
            self._presence_timer = self.loop.call_later(PRESENCE_SECONDS, self._check_presence)

    def on_body(self, body: bytes) -> None:
        self._unparsed_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._ignores_upgrade:
            super().on_message_complete()
            cycle: RequestResponseCycle | None = self.cycle
            # The application has not begun. If reading is paused, it has to go on by `receive`.
            if self._is_head_new and cycle is not None and not self.flow.read_paused:
                scope: Any = cycle.scope
                scope[RECEIVED_BODY] = bytes(cycle.body)

    def _unsupported_upgrade_warning(self) -> None:
        """Has the request parsed again as one without an upgrade (RFC 9110, section 7.8): the parser skipped its body.

        Java's client offers HTTP/2 (`h2c`) with the first request of each connection.
        """
        upgrade = sys.exc_info()[1]
        if not isinstance(upgrade, httptools.HttpParserUpgrade) or not self._ignores_upgrade:
            return
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        lines += [b"%b: %b" % field for field in self.headers if field[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self._parsed_again = b"\r\n".join([*lines, b"", self._data[upgrade.args[0] :]])

    def data_received(self, data: bytes) -> None:
        # A loop: what arrives at once may have thousands of such requests.
        while data and self.parser is not None:
            self._data, self._parsed_again = data, b""
            self._unparsed_bytes += len(data)
            super().data_received(data)
            data = self._parsed_again
        self._data = self._parsed_again = b""
        self._is_head_new = False
        if self._unparsed_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse_head()
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

    def _refuse_head(self) -> None:
        CUT_OFF.labels("head too large").inc()
        logger.warning(
            "A connection was closed: the head of its request has more than %d bytes.",
            MAX_HEAD_BYTES,
        )
        self._refuse(431, HEAD_TOO_LARGE)

    def _refuse(self, status: int, error: ClientError) -> None:
        """Closes the connection; answers before, unless another answer is under way."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            self.transport.write(_last_response(status, error))
        self.transport.close()

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
            self.transport.write(_last_response(503, STOPPING, 1))
            self.transport.close()
        if cycle is not None:
            cycle.disconnected = True
            cycle.logger = SILENT
