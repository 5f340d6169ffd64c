"""The server of one process: uvicorn's, which stops within two seconds and cuts nothing short."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import uvicorn

from core.config.environment import Environment
from core.server.listening_sockets import BACKLOG, SETTLE_SECONDS, accepted, refuse_handshakes
from core.server.socket_limits import SocketsByAddress
from core.server.uvicorn_http import WholeAnswersProtocol, websocket_protocol

logger = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 75  # Longer than load balancers keep a connection, so that they close first.
WEBSOCKET_MESSAGE_BYTES = 256 * 1024
WEBSOCKET_PING_SECONDS = 25
WEBSOCKET_PONG_SECONDS = (
    60  # A phone that is slow to read is told so; it must not be cut off first.
)

# Seconds after the request to stop:
IDLE_UNTIL = 0.4
"""Until then a connection that is kept alive may still bring a request."""
ANSWERED_UNTIL = 1.3
"""Until then requests may run; those that have no answer by then get 503."""
ENDED_UNTIL = 1.9
"""By then the process has ended, whatever it waits for."""
POLL_SECONDS = 0.02


def configuration(app: Any, settings: Environment) -> uvicorn.Config:
    """How uvicorn serves the application."""
    at_most = settings.sockets_per_address
    sockets = SocketsByAddress(at_most, settings.trusted_proxies) if at_most else None
    return uvicorn.Config(
        app,
        interface="asgi3",
        loop="uvloop",
        http=partial(  # type: ignore[arg-type]  # it is only called
            WholeAnswersProtocol,
            head_seconds=settings.request_head_seconds,
            sockets=sockets,
        ),
        ws=websocket_protocol,  # type: ignore[arg-type]  # it is only called
        ws_max_size=WEBSOCKET_MESSAGE_BYTES,
        ws_ping_interval=WEBSOCKET_PING_SECONDS,
        ws_ping_timeout=WEBSOCKET_PONG_SECONDS,
        ws_per_message_deflate=False,  # It costs each idle connection a compressor's memory.
        lifespan="on",
        log_config=None,  # Django's logging configuration holds for all.
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )


class WebServer(uvicorn.Server):
    """Serves until a signal asks it to stop, or its parent process ends."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        end_streams: Callable[[], None],
        signals: Sequence[signal.Signals],
        parent: socket.socket | None = None,
    ) -> None:
        """`end_streams`: ends the connections that stay open, so that their clients come back.
        `signals`: those that stop the server; `stop_signal` is the one that did.
        `parent`: a connection to the process that holds the listening sockets too, and says when
        no more connections begin. It is told when this one is ready.
        """
        super().__init__(config)
        self._end_streams = end_streams
        self._signals = signals
        self._parent = parent
        self.stop_signal: signal.Signals | None = None
        self.kept_listeners: list[socket.socket] = []
        """Those that stay open, for the program that is started anew at SIGHUP."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals alone until the server is ready: until then they end the process."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        for number in self._signals:
            loop.add_signal_handler(number, self._request_stop, number)
        if self._parent is not None:
            loop.add_reader(self._parent, self._request_stop, None)
            with suppress(OSError):
                self._parent.send(b"r")
        logger.info("Ready, as process %d.", os.getpid())

    def _request_stop(self, number: signal.Signals | None) -> None:
        if self._parent is not None:
            asyncio.get_running_loop().remove_reader(self._parent)
        if not self.should_exit:
            self.should_exit = True
            self.stop_signal = number

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answers what has been accepted, ends what stays open, and closes everything."""
        logger.info("Shutting down.")
        watchdog = threading.Timer(ENDED_UNTIL, _give_up)
        watchdog.daemon = True
        watchdog.start()
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._stop_listening(sockets or [])
        # What uvloop has just accepted becomes a connection in a later turn of the loop.
        await asyncio.sleep(POLL_SECONDS)
        for connection in self.server_state.connections:
            if isinstance(connection, WholeAnswersProtocol):
                connection.close_after_next()
        self._end_streams()
        await self._wait_while(lambda: self.server_state.connections, began + IDLE_UNTIL)
        for connection in tuple(self.server_state.connections):
            connection.shutdown()
        await self._wait_while(self._is_busy, began + ANSWERED_UNTIL)
        await self._cut()
        await self.lifespan.shutdown()

    async def _stop_listening(self, sockets: list[socket.socket]) -> None:
        """Accepts what has begun, and closes the sockets."""
        restarts = self.stop_signal == signal.SIGHUP
        if self._parent is None and not restarts:
            refuse_handshakes(sockets)
            await asyncio.sleep(SETTLE_SECONDS)
        loop = asyncio.get_running_loop()
        remaining = [listener.dup() for listener in sockets]
        for server in self.servers:
            server.close()
        for listener in sockets:
            listener.close()
        if restarts:
            self.kept_listeners = remaining
            return
        for listener in remaining:
            for connection in accepted(listener):
                await loop.connect_accepted_socket(self._protocol, connection)
            listener.close()

    def _protocol(self) -> asyncio.Protocol:
        return self.config.http_protocol_class(  # type: ignore[call-arg]  # uvicorn calls it so
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    def _is_busy(self) -> bool:
        return bool(self.server_state.connections or self.server_state.tasks)

    async def _wait_while(self, holds: Callable[[], object], until: float) -> None:
        loop = asyncio.get_running_loop()
        while holds() and loop.time() < until:  # noqa: ASYNC110  # uvicorn's sets tell nobody
            await asyncio.sleep(POLL_SECONDS)

    async def _cut(self) -> None:
        """Ends what still runs: a request with an answer, if none has begun."""
        connections, tasks = tuple(self.server_state.connections), tuple(self.server_state.tasks)
        if not connections and not tasks:
            return
        logger.warning("Cut short while stopping: %d connections.", len(connections))
        for connection in connections:
            connection.cut()  # type: ignore[union-attr]  # both protocols of ours have it
        for task in tasks:
            task.cancel()
        await asyncio.wait([*tasks, asyncio.ensure_future(asyncio.sleep(0))], timeout=0.1)


def _give_up() -> None:
    logger.error("The process did not stop within %g s and is ended.", ENDED_UNTIL)
    os._exit(1)
