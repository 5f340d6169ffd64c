"""HTTP requests to push services: bounded in time and size, and never redirected."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import httpcore

from interactions.push.network import AddressNotPublic, PublicNetwork

CONNECT_SECONDS = 5.0
REQUEST_SECONDS = 10.0
"""For all of a request: name, connection, answer."""
ANSWER_BYTES = 16 * 1024
CONNECTIONS = 100
IDLE_SECONDS = 60.0


class Answer(NamedTuple):
    """The answer of a service, its body cut off after ANSWER_BYTES."""

    status: int
    headers: dict[str, str]
    """By name in lower case."""
    body: bytes

    @property
    def retry_after(self) -> float | None:
        """The seconds of the header Retry-After; None without one that can be read."""
        text = self.headers.get("retry-after", "")
        if text.isdecimal() and len(text) < 10:
            return float(text)
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max((moment - datetime.now(UTC)).total_seconds(), 0.0)


class Unreachable(Exception):
    """A service did not answer. The text names no address."""


class AddressRefused(Exception):
    """The address is one that no request may go to."""


class Requests:
    """Sends requests on connections that it keeps: HTTP/2 where the service has it."""

    def __init__(self, *, public_only: bool) -> None:
        """`public_only`: whether addresses of private networks are refused."""
        self._network = PublicNetwork() if public_only else None
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS,
            http2=True,
            network_backend=self._network,
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer. Errors: Unreachable, AddressRefused."""
        limits = {
            "connect": CONNECT_SECONDS,
            "read": REQUEST_SECONDS,
            "write": REQUEST_SECONDS,
            "pool": REQUEST_SECONDS,
        }
        try:
            async with (
                asyncio.timeout(REQUEST_SECONDS),
                self._pool.stream(
                    "POST",
                    url,
                    headers=[*headers.items(), ("Content-Length", str(len(body)))],
                    content=body,
                    extensions={"timeout": limits},
                ) as response,
            ):
                received = b""
                async for part in response.aiter_stream():
                    received += part
                    if len(received) >= ANSWER_BYTES:
                        break
                names = {
                    name.decode("latin-1").lower(): value.decode("latin-1")
                    for name, value in response.headers
                }
                return Answer(response.status, names, received[:ANSWER_BYTES])
        except AddressNotPublic as error:
            raise AddressRefused from error
        except TimeoutError as error:
            raise Unreachable("It did not answer in time.") from error
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.TimeoutException,
            httpcore.UnsupportedProtocol,
            OSError,
            ValueError,
        ) as error:
            raise Unreachable(type(error).__name__) from error

    async def close(self) -> None:
        """Closes the connections."""
        await self._pool.aclose()
        if self._network is not None:
            self._network.close()
