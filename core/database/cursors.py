"""Cursors of keyset pages: opaque, versioned, bound to their feed and authenticated."""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable
from hashlib import blake2b, blake2s
from hmac import compare_digest
from struct import Struct
from struct import error as StructError  # noqa: N812  # a class with a small name
from typing import NamedTuple

from core.database.list_places import Horizon, Place, place_from_numbers
from core.database.packed_numbers import pack_numbers, unpack_numbers
from core.database.row_factory import row_factory

VERSION = b"\x01"
PLACE_VERSION = b"\x02"
PLACE_LENGTH_AT_MOST = 32_768
"""A place has a few bytes for each transaction that was running when it was read."""
# With version and position 18 bytes, which base64 writes as 24 letters without padding.
TAG_BYTES = 9
LENGTH = 24
POSITION = Struct(">q")
URL_SAFE = bytes.maketrans(b"+/", b"-_")
FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def cursor_texts_in_python(key: bytes, bound: bytes, positions: list[int]) -> list[str]:
    """Cursors of what `bound` says in 56 bytes: its first one, the position and the MAC of both, in base64."""
    begun = blake2s(bound, key=key, digest_size=TAG_BYTES).copy
    signed: list[bytes] = []
    for packed in map(POSITION.pack, positions):
        state = begun()
        state.update(packed)
        signed += bound[:1], packed, state.digest()
    text = b2a_base64(b"".join(signed), newline=False).translate(URL_SAFE).decode()
    return [text[start : start + LENGTH] for start in range(0, len(text), LENGTH)]


try:
    from core.database.cursor_texts import cursor_texts
except ImportError:  # Not compiled here.
    cursor_texts = cursor_texts_in_python


class CursorMalformed(ValueError):
    """The text is no cursor of this feed: garbage, tampered with, or another feed's."""


class CursorSigner:
    """Gives each feed its codec.

    The tag is keyed BLAKE2 (RFC 7693, section 2.9), which is a MAC by itself and takes half of
    the time of HMAC-SHA-256; a page signs twenty.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = blake2b(secret, digest_size=32, person=b"page cursors").digest()

    def codec(self, feed: str, subject: int = 0) -> CursorCodec:
        """The codec of one feed: its name, and whose it is."""
        return CursorCodec(self._key, feed, subject)

    def codecs(self, feed: str, subjects: Iterable[int]) -> list[CursorCodec]:
        """The codecs of the same feed of many."""
        key = self._key
        return [codec_from_columns((key, feed, subject, None)) for subject in subjects]

    def tag(self, purpose: str, packed: bytes) -> bytes:
        """The MAC of what is no position of a feed: 32 bytes. `purpose` is at most 15 letters."""
        return blake2b(packed, digest_size=32, key=self._key, person=purpose.encode()).digest()


class CursorCodec(NamedTuple):
    """Positions of one feed, to and from cursors."""

    key: bytes
    feed: str
    subject: int
    horizon: Horizon | None = None
    """Of the statement that gave the positions; None if all are settled: their keys say all."""

    def encode(self, position: int) -> str:
        """24 characters, safe in a URL; more for a position above the horizon."""
        return self.encode_all([position])[0]

    def encode_all(self, positions: list[int]) -> list[str]:
        """The same for each position."""
        horizon = self.horizon
        if horizon is not None:
            return [self.encode_place(horizon.place(position)) for position in positions]
        bound = VERSION + self.feed.encode() + POSITION.pack(self.subject)
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
        """The place at one of the positions."""
        return Place(position, position) if self.horizon is None else self.horizon.place(position)

    def decode(self, cursor: str) -> Place:
        """Where the cursor stands. Errors: CursorMalformed."""
        if len(cursor) > PLACE_LENGTH_AT_MOST:
            raise CursorMalformed
        try:
            given = cursor.encode("ascii")
            packed = a2b_base64(given.translate(FROM_URL_SAFE) + b"=" * (-len(given) % 4))
            place = self._decoded(packed)
        except (Base64Error, UnicodeEncodeError, StructError, ValueError) as error:
            raise CursorMalformed from error
        # A place has one cursor: whatever was changed, it is not this one.
        if not compare_digest(self.encode_place(place).encode(), given):
            raise CursorMalformed
        return place

    def _decoded(self, packed: bytes) -> Place:
        if packed[:1] != PLACE_VERSION:
            position: int = POSITION.unpack(packed[1:9])[0]
            return Place(position, position)
        numbers, tag = packed[1:-TAG_BYTES], packed[-TAG_BYTES:]
        if not compare_digest(self._place_tag(numbers), tag):
            raise CursorMalformed
        # The tag is ours, so what it covers is well-formed.
        return place_from_numbers(unpack_numbers(numbers))

    def _place_tag(self, packed: bytes) -> bytes:
        bound = PLACE_VERSION + self.feed.encode() + POSITION.pack(self.subject)
        return blake2s(bound + packed, key=self.key, digest_size=TAG_BYTES).digest()


codec_from_columns = row_factory(CursorCodec)
