"""uvicorn's WebSocket protocol, without reference cycles and with an end that clients understand."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

from core.server.uvicorn_http import SILENT

logger = logging.getLogger("uvicorn.error.websocket")
# uvicorn's line for each connection has the client's address and the URL, in which clients of other servers send their
# access token; the library's lines at the level DEBUG have the messages.
logger.addFilter(lambda record: record.levelno >= logging.WARNING)

MAX_FRAGMENTS = 1_000
"""Of one message. Those without content don't count towards its size."""
UNREADABLE = "Failed to open a WebSocket connection: its request is malformed, or has a body.\n"


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which leaves no reference cycles when it ends."""

    _last_pong = b""
    """The answer to the last ping, while the client does not read."""
    leave: Callable[[], None] | None = None
    """Called when the connection is lost."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.logger = self.conn.logger = logger

    async def run_asgi(self) -> None:
        app = self.app

        async def served(scope: Any, receive: Any, send: Any) -> None:
            await app(scope, receive, send)
            if self.close_sent:
                # uvicorn would take a handshake that was refused for one that was forgotten, which is a fault.
                self.handshake_complete = True

        self.app = served
        try:
            await super().run_asgi()
        finally:
            self.app = app

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated:
            self._refuse_handshake()

    def _refuse_handshake(self) -> None:
        """Answers a request that the parser refused, for which uvicorn would wait for ever."""
        answer = b"".join(self.conn.data_to_send())
        self.transport.write(
            answer or self.conn.reject(HTTPStatus.BAD_REQUEST, UNREADABLE).serialize()
        )
        self.handshake_complete = self.close_sent = True
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.leave is not None:
            self.leave()
        # The parser, a generator, and the traceback of an error refer back to the connection.
        self.conn.parser.close()
        self.conn.parser_exc = self.conn.handshake_exc = None

    def handle_ping(self) -> None:
        """Answers a ping; if the client does not read, only the last one, later (RFC 6455, section 5.5.3)."""
        if self.writable.is_set():
            super().handle_ping()
        elif pongs := self.conn.data_to_send():
            self._last_pong = pongs[-1]

    def resume_writing(self) -> None:
        super().resume_writing()
        pong, self._last_pong = self._last_pong, b""
        self.transport.write(pong)

    def handle_cont(self, event: Frame) -> None:
        if self.close_sent:
            return
        if len(self.frames) >= MAX_FRAGMENTS:
            self.frames = []
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, "The message has too many fragments.")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        is_invalid = self.curr_msg_data_type == "text" and not _is_text(self.frames)
        if is_invalid and not self.close_sent:
            # uvicorn would log a traceback for this client error.
            self.frames = []
            self.conn.send_close(CloseCode.INVALID_DATA, "The message is not UTF-8.")
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def shutdown(self) -> None:
        """Closes the connection if the close frame has been sent; else lets it finish."""
        if self.close_sent:
            super().shutdown()

    def abort(self) -> None:
        """Closes the connection between two messages, with the close code for a restart."""
        self.logger = SILENT
        super().shutdown()


def _is_text(frames: list[bytes]) -> bool:
    try:
        b"".join(frames).decode()
    except UnicodeDecodeError:
        return False
    return True
