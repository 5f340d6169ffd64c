"""The limit of open sockets from one address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from functools import partial

from uvicorn.middleware.proxy_headers import (
    _TrustedHosts,  # uvicorn decides by it which proxies it trusts
)

from core.ip_networks import network_of


class TooManySockets(Exception):
    """The limit for an address is reached; the message names its network and the limit."""


class SocketsByAddress:
    """The open sockets of a process, counted by the peer's IPv4 address or IPv6 network.

    Sockets of trusted proxies are not counted: they carry the requests of many clients.
    """

    def __init__(self, at_most: int, trusted_proxies: Collection[str]) -> None:
        self._at_most = at_most
        self._trusted = _TrustedHosts(list(trusted_proxies))
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> Callable[[], None] | None:
        """Counts a socket; returns the callback for its close, None for a socket that is not counted.

        Errors: TooManySockets.
        """
        if address in self._trusted:
            return None
        network = network_of(address)
        if self._open[network] >= self._at_most:
            raise TooManySockets(f"{self._at_most} sockets are open from {network}.")
        self._open[network] += 1
        return partial(self._leave, network)

    def _leave(self, network: str) -> None:
        self._open[network] -= 1
        if not self._open[network]:
            del self._open[network]
