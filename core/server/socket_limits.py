"""How many sockets may be open from one address, whatever they are used for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from functools import partial

from uvicorn.middleware.proxy_headers import _TrustedHosts  # what it believes is decided there

from core.ip_networks import network_of


class TooManySockets(Exception):
    """An address has as many as it may have; the message names its network and the bound."""


class SocketsByAddress:
    """The open sockets of a process, counted by the peer's IPv4 address or IPv6 network.

    Those of proxies that are believed are not counted: all clients come from there.
    """

    def __init__(self, at_most: int, trusted_proxies: Collection[str]) -> None:
        self._at_most = at_most
        self._trusted = _TrustedHosts(list(trusted_proxies))
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> Callable[[], None] | None:
        """What is to be called when the socket is closed; None for one that is not counted.

        Errors: TooManySockets.
        """
        if address in self._trusted:
            return None
        network = network_of(address)
        if self._open[network] >= self._at_most:
            raise TooManySockets(f"{self._at_most} are open from {network}.")
        self._open[network] += 1
        return partial(self._leave, network)

    def _leave(self, network: str) -> None:
        self._open[network] -= 1
        if not self._open[network]:
            del self._open[network]
