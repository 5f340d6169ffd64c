"""Cursors of keyset pages: opaque, versioned, bound to their feed and authenticated."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import blake2b
from hmac import compare_digest
from struct import Struct

VERSION = b"\x01"
TAG_BYTES = 8
POSITION = Struct(">q")


class CursorMalformed(ValueError):
    """The text is no cursor of this feed: garbage, tampered with, or another feed's."""


class CursorSigner:
    """Gives each feed its codec.

    The tag is keyed BLAKE2b (RFC 7693, section 2.9), which is a MAC by itself and takes half of
    the time of HMAC-SHA-256; a page signs twenty.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = blake2b(secret, digest_size=32, person=b"page cursors").digest()

    def codec(self, feed: str, subject: int = 0) -> CursorCodec:
        """The codec of one feed: its name, and whose it is."""
        return CursorCodec(self._key, feed, subject)

    def tag(self, purpose: str, packed: bytes) -> bytes:
        """The MAC of what is no position of a feed: 32 bytes. `purpose` is at most 15 letters."""
        return blake2b(packed, digest_size=32, key=self._key, person=purpose.encode()).digest()


class CursorCodec:
    """Positions of one feed, to and from cursors."""

    __slots__ = ("_feed", "_key", "_state", "_subject")

    def __init__(self, key: bytes, feed: str, subject: int) -> None:
        self._key = key
        self._feed = feed
        self._subject = subject
        # Most lists of a page are never asked for a cursor: the state is made when the first one is.
        self._state: blake2b | None = None

    def encode(self, position: int) -> str:
        """23 characters, safe in a URL."""
        packed = POSITION.pack(position)
        return urlsafe_b64encode(VERSION + packed + self._tag(packed)).decode().rstrip("=")

    def decode(self, cursor: str) -> int:
        """The position; Errors: CursorMalformed."""
        try:
            data = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except (Base64Error, UnicodeEncodeError) as error:
            raise CursorMalformed from error
        packed, tag = data[1:9], data[9:]
        if (
            data[:1] != VERSION
            or len(packed) != POSITION.size
            or not compare_digest(tag, self._tag(packed))
        ):
            raise CursorMalformed
        position: int = POSITION.unpack(packed)[0]
        # One position has one cursor: base64 would accept others for the same bytes.
        if self.encode(position) != cursor:
            raise CursorMalformed
        return position

    def _tag(self, packed: bytes) -> bytes:
        if self._state is None:
            bound = VERSION + self._feed.encode() + POSITION.pack(self._subject)
            self._state = blake2b(bound, key=self._key, digest_size=TAG_BYTES)
        state = self._state.copy()
        state.update(packed)
        return state.digest()
