"""Networks of clients' addresses."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

NETWORK_BITS = 64
"""The length of the IPv6 prefix of one customer's network (RFC 6177)."""


def network_of(address: str) -> str:
    """The IPv4 address, or the IPv6 network of the address.

    A text that is not an address, which a proxy may send, is returned unchanged.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), NETWORK_BITS), strict=False))


def is_private(address: str) -> bool:
    """Whether the address is of this machine or a private network, and not one of the Internet."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if parsed.version == 6 else None
    return not (mapped or parsed).is_global
