"""Which addresses a request may go to whose URL a user has chosen."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpcore

WITH_IPV4_INSIDE = [ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")]
"""IPv6 addresses that a network translates to IPv4 ones, which may be private."""
LOOKUPS = 64
"""Names that are resolved at the same time. A thread waits for a name server that does not answer longer than the
request that needs the name: 10 s and more for each server in /etc/resolv.conf."""


class AddressNotPublic(Exception):
    """The host has no public address."""


def is_public(text: str) -> bool:
    """Whether an address is one of the Internet: not of this machine, of a private network or of a group."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_global(address.ipv4_mapped)
        if any(address in network for network in WITH_IPV4_INSIDE) or address.teredo is not None:
            return False
    return _is_global(address)


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


class PublicNetwork(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only. It resolves names itself: what it connects to is what it has checked."""

    def __init__(self) -> None:
        self._backend = httpcore.AnyIOBackend()
        # Not the event loop's threads: users may name hosts whose name servers do not answer, and mails and pictures
        # need those.
        self._resolvers = ThreadPoolExecutor(LOOKUPS, "push-names")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Errors: AddressNotPublic, httpcore.ConnectError, httpcore.ConnectTimeout."""
        try:
            async with asyncio.timeout(timeout):
                found = await asyncio.get_running_loop().run_in_executor(
                    self._resolvers,
                    partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM),
                )
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("The name was not resolved in time.") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("The name can't be resolved.") from error
        addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
        public = [address for address in addresses if is_public(address)]
        if not public:
            raise AddressNotPublic
        return await self._backend.connect_tcp(
            public[0], port, timeout, local_address, socket_options
        )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's interface
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise NotImplementedError("No request goes to a file.")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def close(self) -> None:
        """Waits for no name."""
        self._resolvers.shutdown(wait=False, cancel_futures=True)
