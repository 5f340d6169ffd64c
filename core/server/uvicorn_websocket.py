"""WebSocket connections as uvicorn serves them. Imported with the first one, for it takes 0.6 MB."""

from __future__ import annotations

from collections.abc import Callable

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from core.server.uvicorn_http import SILENT


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which leaves nothing for the garbage collector when it ends."""

    leave: Callable[[], None] | None = None
    """Called when the connection is lost."""

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.leave is not None:
            self.leave()
        # The parser is a generator of the object that holds it, and an error's traceback leads there too.
        self.conn.parser.close()
        self.conn.parser_exc = self.conn.handshake_exc = None

    def send_receive_event_to_app(self) -> None:
        is_refused = self.curr_msg_data_type == "text" and not _is_text(self.frames)
        if is_refused and not self.close_sent:
            # uvicorn would log a traceback for what a client did wrong.
            self.frames = []
            self.conn.send_close(CloseCode.INVALID_DATA, "The message is not UTF-8.")
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def shutdown(self) -> None:
        """Closes the connection if its end has been sent; else what is under way goes on."""
        if self.close_sent:
            super().shutdown()

    def cut(self) -> None:
        """Ends the connection between two messages, with the code for a restart."""
        self.logger = SILENT
        super().shutdown()


def _is_text(frames: list[bytes]) -> bool:
    try:
        b"".join(frames).decode()
    except UnicodeDecodeError:
        return False
    return True
