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

from core.database.rows import maker

VERSION = b"\x01"
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
        return [codec_row((key, feed, subject)) for subject in subjects]

    def tag(self, purpose: str, packed: bytes) -> bytes:
        """The MAC of what is no position of a feed: 32 bytes. `purpose` is at most 15 letters."""
        return blake2b(packed, digest_size=32, key=self._key, person=purpose.encode()).digest()


class CursorCodec(NamedTuple):
    """Positions of one feed, to and from cursors."""

    key: bytes
    feed: str
    subject: int

    def encode(self, position: int) -> str:
        """24 characters, safe in a URL."""
        return self.encode_all([position])[0]

    def encode_all(self, positions: list[int]) -> list[str]:
        """The same for each position."""
        bound = VERSION + self.feed.encode() + POSITION.pack(self.subject)
        return cursor_texts(self.key, bound, positions)

    def decode(self, cursor: str) -> int:
        """The position; Errors: CursorMalformed."""
        try:
            given = cursor.encode("ascii")
            position: int = POSITION.unpack(a2b_base64(given.translate(FROM_URL_SAFE))[1:9])[0]
        except (Base64Error, UnicodeEncodeError, StructError) as error:
            raise CursorMalformed from error
        # A position has one cursor: whatever was changed, it is not this one.
        if not compare_digest(self.encode(position).encode(), given):
            raise CursorMalformed
        return position


codec_row = maker(CursorCodec)
