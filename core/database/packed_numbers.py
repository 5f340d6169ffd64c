"""Whole numbers as few bytes."""

from __future__ import annotations

from collections.abc import Iterable


def pack_numbers(numbers: Iterable[int]) -> bytes:
    """Seven bits a byte, the lowest first; the high bit says that more follow (LEB128)."""
    out = bytearray()
    for number in numbers:
        left = number
        while left > 127:
            out.append(left & 127 | 128)
            left >>= 7
        out.append(left)
    return bytes(out)


def unpack_numbers(data: bytes) -> list[int]:
    """The numbers; what is cut short is left out."""
    numbers = []
    number = shift = 0
    for byte in data:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(number)
            number = shift = 0
    return numbers
