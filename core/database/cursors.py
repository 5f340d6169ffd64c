"""Cursors of keyset pages: opaque, versioned, bound to their list and authenticated."""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable
from hashlib import blake2b, blake2s
from hmac import compare_digest
from struct import Struct
from struct import error as StructError  # noqa: N812  # a class with a lower-case name
from typing import NamedTuple

from core.database.list_places import Horizon, Place, place_from_numbers
from core.database.packed_numbers import pack_numbers, unpack_numbers
from core.database.row_factory import row_factory

VERSION = b"\x01"
PLACE_VERSION = b"\x02"
MAX_PLACE_LENGTH = 32_768
"""A place takes a few bytes for each transaction that was running when the page was read."""
TAG_BYTES = 9
LENGTH = 24
"""Characters of a settled cursor: version, position and tag are 18 bytes, which base64 encodes without padding."""
POSITION = Struct(">q")
URL_SAFE = bytes.maketrans(b"+/", b"-_")
FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def cursor_texts(key: bytes, bound: bytes, positions: list[int]) -> list[str]:
    """The cursors of the positions, in base64: version (the first byte of `bound`), position, and a MAC.

    `bound`: what the MAC covers before the position.
    """
    copy_state = blake2s(bound, key=key, digest_size=TAG_BYTES).copy
    version, pack = bound[:1], POSITION.pack
    signed: list[bytes] = []
    for position in positions:
        packed, state = pack(position), copy_state()
        state.update(packed)
        signed.append(version + packed + state.digest())
    text = b2a_base64(b"".join(signed), newline=False).translate(URL_SAFE).decode()
    return [text[start : start + LENGTH] for start in range(0, len(text), LENGTH)]


class CursorMalformed(ValueError):
    """The text is not a cursor of this list: it is malformed, tampered with, or of another list."""


class CursorSigner:
    """Makes the codec of each list.

    The tag is keyed BLAKE2 (RFC 7693, section 2.9), a MAC that takes half the time of HMAC-SHA-256; a page has
    twenty of them.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = blake2b(secret, digest_size=32, person=b"page cursors").digest()

    def codec(self, list_name: str, owner_id: int = 0) -> CursorCodec:
        """The codec of a list, such as `followers`, of the object with the key `owner_id`."""
        return CursorCodec(self._key, list_name, owner_id)

    def codecs(self, list_name: str, owner_ids: Iterable[int]) -> list[CursorCodec]:
        """The codecs of the same list of many objects."""
        key = self._key
        return [codec_from_columns((key, list_name, owner_id, None)) for owner_id in owner_ids]

    def tag(self, purpose: str, packed: bytes) -> bytes:
        """The MAC of other data than list positions: 32 bytes. `purpose` has at most 15 characters."""
        return blake2b(packed, digest_size=32, key=self._key, person=purpose.encode()).digest()


class CursorCodec(NamedTuple):
    """Encodes and decodes the cursors of one list."""

    key: bytes
    list_name: str
    owner_id: int
    horizon: Horizon | None = None
    """The horizon of the statement that returned the positions; None if all positions are settled: no row can still
    appear below them."""

    def encode(self, position: int) -> str:
        """The cursor of a position: 24 URL-safe characters, more above the horizon."""
        return self.encode_all([position])[0]

    def encode_all(self, positions: list[int]) -> list[str]:
        """The cursors of the positions."""
        horizon = self.horizon
        if horizon is not None:
            return [self.encode_place(horizon.place(position)) for position in positions]
        bound = VERSION + self.list_name.encode() + POSITION.pack(self.owner_id)
        return cursor_texts(self.key, bound, positions)

    def encode_place(self, place: Place) -> str:
        """The cursor of a place."""
        if not place.seen:
            settled = self if self.horizon is None else self._replace(horizon=None)
            return settled.encode(place.position)
        packed = pack_numbers(place.numbers())
        signed = PLACE_VERSION + packed + self._place_tag(packed)
        return b2a_base64(signed, newline=False).translate(URL_SAFE).decode().rstrip("=")

    def place(self, position: int) -> Place:
        """The place at a position of the page."""
        return Place(position, position) if self.horizon is None else self.horizon.place(position)

    def decode(self, cursor: str) -> Place:
        """The place that the cursor encodes. Errors: CursorMalformed."""
        if len(cursor) > MAX_PLACE_LENGTH:
            raise CursorMalformed
        try:
            encoded = cursor.encode("ascii")
            packed = a2b_base64(encoded.translate(FROM_URL_SAFE) + b"=" * (-len(encoded) % 4))
            place = self._decoded(packed)
        except (Base64Error, UnicodeEncodeError, StructError, ValueError) as error:
            raise CursorMalformed from error
        # Each place has exactly one cursor, so any other text is refused.
        if not compare_digest(self.encode_place(place).encode(), encoded):
            raise CursorMalformed
        return place

    def _decoded(self, packed: bytes) -> Place:
        if packed[:1] != PLACE_VERSION:
            position: int = POSITION.unpack(packed[1:9])[0]
            return Place(position, position)
        numbers, tag = packed[1:-TAG_BYTES], packed[-TAG_BYTES:]
        if not compare_digest(self._place_tag(numbers), tag):
            raise CursorMalformed
        # The tag is valid, so the numbers are well-formed.
        return place_from_numbers(unpack_numbers(numbers))

    def _place_tag(self, packed: bytes) -> bytes:
        bound = PLACE_VERSION + self.list_name.encode() + POSITION.pack(self.owner_id)
        return blake2s(bound + packed, key=self.key, digest_size=TAG_BYTES).digest()


codec_from_columns = row_factory(CursorCodec)
