"""Free TCP ports of this machine."""

from __future__ import annotations

import itertools
import os
import socket

FIRST = 10_000
PROCESSES = 1_000
PORTS_OF_PROCESS = 20
_numbers = itertools.count()


def free_port(host: str = "127.0.0.1") -> int:
    """A port on which no program listens now.

    Processes that call it at the same time get different ports: each has a range, one of a thousand, by its process id.
    All are below the ports of outgoing connections, so none is taken before a server listens, or restarts, there.
    """
    first = FIRST + os.getpid() % PROCESSES * PORTS_OF_PROCESS
    for number in itertools.islice(_numbers, PORTS_OF_PROCESS):
        port = first + number % PORTS_OF_PROCESS
        if is_free(host, port):
            return port
    with socket.socket() as probe:
        probe.bind((host, 0))
        ephemeral: int = probe.getsockname()[1]
        return ephemeral


def is_free(host: str, port: int) -> bool:
    """Whether a server can listen there now."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError:
            return False
    return True
