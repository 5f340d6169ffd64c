"""Listening sockets: bound at start, and closed without a reset of connections."""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress

BACKLOG = 2_048
SETTLE_SECONDS = 0.05
"""The longest duration of a handshake: some round trips of a local network."""
SO_ATTACH_FILTER = 26
WITHOUT_SYN = (
    # A classic BPF program over the TCP header: drops a packet with SYN and without ACK.
    (0x30, 0, 0, 13),  # load the byte of the flags
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN alone?
    (0x06, 0, 0, 0),  # then drop it
    (0x06, 0, 0, 0xFFFFFFFF),  # else pass it on
)


class AddressTaken(Exception):
    """The server can't listen on the address; the message says what to do."""


def bound_sockets(host: str, port: int) -> list[socket.socket]:
    """Sockets bound to every address of the host, which do not listen yet.

    Errors: AddressTaken.
    """
    sockets = []
    try:
        for family, kind, protocol, _, address in _addresses(host, port):
            bound = socket.socket(family, kind, protocol)
            sockets.append(bound)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound.bind(address)
            bound.setblocking(False)
    except OSError as error:
        for bound in sockets:
            bound.close()
        raise AddressTaken(
            f"The server can't listen on port {port} of {host}: {error.strerror}. Stop the program "
            "that listens there, or change PORT or HOST."
        ) from None
    return sockets


def _addresses(host: str, port: int) -> list[tuple[int, int, int, str, tuple[object, ...]]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys(found))


def refuse_handshakes(listeners: Sequence[socket.socket]) -> None:
    """Drops the packets that begin a handshake. Handshakes that have begun complete.

    A listening socket that closes resets the connections that it has not accepted. So before the last process
    closes it, handshakes are refused for SETTLE_SECONDS and all waiting connections are accepted. A client whose
    packet was dropped repeats it after a second; it is then refused, or served by the next server. On a system
    without socket filters nothing happens.
    """
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in WITHOUT_SYN)
    text = ctypes.create_string_buffer(program)
    filter_program = struct.pack("HP", len(WITHOUT_SYN), ctypes.addressof(text))
    for listener in listeners:
        with suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filter_program)


def accepted(listener: socket.socket) -> Iterator[socket.socket]:
    """Accepts and returns the connections that wait now."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        yield connection
