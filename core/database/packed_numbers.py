"""Whole numbers in a variable-length encoding."""

from __future__ import annotations

from collections.abc import Iterable


def pack_numbers(numbers: Iterable[int]) -> bytes:
    """The numbers in unsigned LEB128: seven bits a byte, the lowest first; the high bit marks that more follow."""
    packed = bytearray()
    for number in numbers:
        rest = number
        while rest > 127:
            packed.append(rest & 127 | 128)
            rest >>= 7
        packed.append(rest)
    return bytes(packed)


def unpack_numbers(data: bytes) -> list[int]:
    """The numbers; a last one that is incomplete is ignored."""
    numbers = []
    number = shift = 0
    for byte in data:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(number)
            number = shift = 0
    return numbers
