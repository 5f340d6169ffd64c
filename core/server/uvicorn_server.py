"""uvicorn's server, which stops within two seconds and completes the requests that it has accepted."""

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
from prometheus_client import Gauge

from core.config.environment import Environment
from core.server.listening_sockets import BACKLOG, SETTLE_SECONDS, accepted, refuse_handshakes
from core.server.socket_limits import SocketsByAddress
from core.server.uvicorn_http import HTTPProtocol
from core.server.uvicorn_websocket import WebSocketProtocol

logger = logging.getLogger(__name__)

WEBSOCKET_PING_SECONDS = 25
WEBSOCKET_PONG_SECONDS = 60  # A slow reader gets a message that says so before this timeout.

# Seconds after the request to stop:
IDLE_UNTIL = 0.4
"""Until then an idle kept-alive connection may still send a request."""
ANSWERED_UNTIL = 1.3
"""Until then requests may run; then those without a response get 503."""
ENDED_UNTIL = 1.9
"""Then the process ends in any case."""
POLL_SECONDS = 0.02
TICKS_A_SECOND = 10  # of uvicorn's main loop
SOCKETS = Gauge(
    "feed_sockets",
    "Open sockets of clients, by protocol; an event stream is one of http.",
    ["protocol"],
    multiprocess_mode="livesum",
)


def configuration(app: Any, settings: Environment) -> uvicorn.Config:
    """uvicorn's configuration for the application."""
    at_most = settings.sockets_per_address
    sockets = SocketsByAddress(at_most, settings.trusted_proxies) if at_most else None
    return uvicorn.Config(
        app,
        interface="asgi3",
        loop="uvloop",
        http=partial(  # type: ignore[arg-type]  # it is only called
            HTTPProtocol,
            head_seconds=settings.request_head_seconds,
            sockets=sockets,
        ),
        ws=WebSocketProtocol,
        ws_max_size=settings.max_body_bytes,
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
        timeout_keep_alive=settings.idle_seconds,
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
        """`end_streams`: ends live connections, whose clients then reconnect.
        `signals`: those that stop the server; `stop_signal` is the one that did.
        `parent`: a connection to the supervisor, which shares the listening sockets. The server writes a byte when
        it is ready, and stops when the connection closes.
        """
        super().__init__(config)
        self._end_streams = end_streams
        self._signals = signals
        self._parent = parent
        self.stop_signal: signal.Signals | None = None
        self.kept_listeners: list[socket.socket] = []
        """Listening sockets that stay open for the restart at SIGHUP."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Installs no handlers: signals end the process until the server is ready."""
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

    async def on_tick(self, counter: int) -> bool:
        if not counter % TICKS_A_SECOND:
            connections = self.server_state.connections
            websockets = sum(isinstance(each, WebSocketProtocol) for each in connections)
            SOCKETS.labels("websocket").set(websockets)
            SOCKETS.labels("http").set(len(connections) - websockets)
        return await super().on_tick(counter)

    def _request_stop(self, number: signal.Signals | None) -> None:
        if self._parent is not None:
            asyncio.get_running_loop().remove_reader(self._parent)
        if not self.should_exit:
            self.should_exit = True
            self.stop_signal = number

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answers accepted requests, ends live connections, and closes everything."""
        logger.info("Shutting down.")
        watchdog = threading.Timer(ENDED_UNTIL, _end_process)
        watchdog.daemon = True
        watchdog.start()
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._stop_listening(sockets or [])
        # What uvloop has just accepted becomes a connection in a later turn of the loop.
        await asyncio.sleep(POLL_SECONDS)
        for connection in self.server_state.connections:
            if isinstance(connection, HTTPProtocol):
                connection.close_after_next()
        self._end_streams()
        await self._wait_while(lambda: self.server_state.connections, began + IDLE_UNTIL)
        for connection in tuple(self.server_state.connections):
            connection.shutdown()
        await self._wait_while(self._is_busy, began + ANSWERED_UNTIL)
        await self._abort_rest()
        await self.lifespan.shutdown()

    async def _stop_listening(self, sockets: list[socket.socket]) -> None:
        """Accepts the connections that wait, and closes the listening sockets."""
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
        while holds() and loop.time() < until:  # noqa: ASYNC110  # uvicorn's sets notify no one
            await asyncio.sleep(POLL_SECONDS)

    async def _abort_rest(self) -> None:
        """Aborts the connections and tasks that remain."""
        connections, tasks = tuple(self.server_state.connections), tuple(self.server_state.tasks)
        if not connections and not tasks:
            return
        logger.warning("Aborted while stopping: %d connections.", len(connections))
        for connection in connections:
            connection.abort()  # type: ignore[union-attr]  # both of our protocols have it
        for task in tasks:
            task.cancel()
        await asyncio.wait([*tasks, asyncio.ensure_future(asyncio.sleep(0))], timeout=0.1)


def _end_process() -> None:
    logger.error("The process did not stop within %g s and is killed.", ENDED_UNTIL)
    os._exit(1)
