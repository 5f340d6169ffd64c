"""Networks for limits by address."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

NETWORK_BITS = 64
"""The part of an IPv6 address that is one customer's network: RFC 6177."""


def network_of(address: str) -> str:
    """What the connections of one customer have in common: an IPv4 address or an IPv6 network.

    A text that is no address, which a proxy may send, stands for itself.
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
