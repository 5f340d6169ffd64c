"""Cursors of keyset pages: opaque, versioned, bound to their list and authenticated."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b, blake2s
from hmac import compare_digest
from itertools import repeat
from operator import add
from struct import Struct
from struct import error as StructError  # noqa: N812  # a class with a lower-case name
from typing import NamedTuple

from siphashc import siphash

from core.database.list_positions import Horizon, ListPosition, list_position_from_numbers
from core.database.packed_numbers import pack_numbers, unpack_numbers
from core.database.row_factory import row_factory

VERSION = b"\x03"
"""What the MAC of a settled cursor covers first. The text has no version: hexadecimal digits are this one."""
UNSETTLED_VERSION = b"\x02"
UNSETTLED_BEGINS = "A"
"""The first character of a cursor above the horizon, as base64 has it for the versions 0 to 3."""
MAX_CURSOR_LENGTH = 32_768
"""An unsettled position takes a few bytes for each transaction that was running when the page was read."""
TAG_BYTES = 9
POSITION = Struct(">q")
SETTLED = Struct(">qQ")
"""A settled cursor: the position and the MAC."""
URL_SAFE = bytes.maketrans(b"+/", b"-_")
FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")


class CursorKeys(NamedTuple):
    """Keys made of the secret: each algorithm has its own."""

    siphash: bytes
    blake2: bytes
    older: tuple[CursorKeys, ...] = ()
    """Those of other secrets whose cursors are still valid."""


class CursorMalformed(ValueError):
    """The text is not a cursor of this list: it is malformed, tampered with, or of another list."""


class CursorSigner:
    """Makes the codec of each list.

    Settled cursors, of which a page has twenty, have a MAC by SipHash-2-4, which is made for short texts; all others by
    keyed BLAKE2 (RFC 7693, section 2.9).
    """

    def __init__(self, *secrets: bytes) -> None:
        """`secrets`: the first one signs; cursors that were signed with any of them are valid."""
        signing, *older = map(_keys_of, secrets)
        self._keys = signing._replace(older=tuple(older))

    def codec(self, list_name: str, owner_id: int = 0) -> CursorCodec:
        """The codec of a list, such as `followers`, of the object with the key `owner_id`."""
        return CursorCodec(self._keys, list_name, owner_id)

    def codecs(self, list_name: str, owner_ids: Iterable[int]) -> list[CursorCodec]:
        """The codecs of the same list of many objects."""
        columns = zip(repeat(self._keys), repeat(list_name), owner_ids, repeat(None))
        return list(map(codec_from_columns, columns))

    def text_codec(self, list_name: str, owner_id: int = 0) -> TextCursorCodec:
        """The codec of a list whose positions are texts."""
        return TextCursorCodec(self._keys, list_name, owner_id)

    def ranked_codecs(self, list_name: str, owner_ids: Iterable[int]) -> list[CursorCodec]:
        """The codecs of the same list of many objects, whose positions are `ranked_position`s."""
        return [RankedCursorCodec(self._keys, list_name, owner_id) for owner_id in owner_ids]

    def tag(self, purpose: str, packed: bytes) -> bytes:
        """The MAC of other data than list positions: 32 bytes. `purpose` has at most 15 characters."""
        return _tag(self._keys, purpose, packed)

    def tags(self, purpose: str, packed: bytes) -> list[bytes]:
        """The valid MACs of the data: one for each secret."""
        return [_tag(keys, purpose, packed) for keys in (self._keys, *self._keys.older)]


def _keys_of(secret: bytes) -> CursorKeys:
    return CursorKeys(
        blake2b(secret, digest_size=16, person=b"settled cursors").digest(),
        blake2b(secret, digest_size=32, person=b"page cursors").digest(),
    )


def _tag(keys: CursorKeys, purpose: str, packed: bytes) -> bytes:
    return blake2b(packed, digest_size=32, key=keys.blake2, person=purpose.encode()).digest()


class CursorCodec(NamedTuple):
    """Encodes and decodes the cursors of one list."""

    keys: CursorKeys
    list_name: str
    owner_id: int
    horizon: Horizon | None = None
    """The horizon of the statement that returned the positions; None if all positions are settled: no row can still
    appear below them."""

    def encode(self, position: int) -> str:
        """The cursor of a position: 32 hexadecimal digits, or base64 above the horizon."""
        if self.horizon is None:
            return self._encode_settled(position)
        return self.encode_position(self.horizon.position_at(position))

    def encode_all(self, positions: list[int]) -> list[str]:
        """The cursors of the positions."""
        horizon = self.horizon
        if horizon is not None:
            return [self.encode_position(horizon.position_at(position)) for position in positions]
        # Looped over in C: a page's cursors are a tenth of its time.
        signed = map(add, repeat(self._prefix(VERSION)), map(POSITION.pack, positions))
        macs = map(siphash, repeat(self.keys.siphash), signed)
        return list(map(bytes.hex, map(SETTLED.pack, positions, macs)))

    def encode_position(self, position: ListPosition) -> str:
        """The cursor of a position, which may be above the horizon."""
        if not position.seen:
            return self._encode_settled(position.key)
        packed = pack_numbers(position.numbers())
        signed = UNSETTLED_VERSION + packed + self._unsettled_tag(packed)
        return b2a_base64(signed, newline=False).translate(URL_SAFE).decode().rstrip("=")

    def _encode_settled(self, key: int) -> str:
        signed = self._prefix(VERSION) + POSITION.pack(key)
        return SETTLED.pack(key, siphash(self.keys.siphash, signed)).hex()

    def position_at(self, key: int) -> ListPosition:
        """The position at a row of the page."""
        return ListPosition(key, key) if self.horizon is None else self.horizon.position_at(key)

    def decode(self, cursor: str) -> ListPosition:
        """The position that the cursor encodes. Errors: CursorMalformed."""
        for older in self.keys.older:
            with suppress(CursorMalformed):
                return self._replace(keys=older).decode(cursor)
        if len(cursor) > MAX_CURSOR_LENGTH:
            raise CursorMalformed
        try:
            encoded = cursor.encode("ascii")
            if cursor.startswith(UNSETTLED_BEGINS):
                position = self._decoded(encoded)
            else:
                key: int = SETTLED.unpack(bytes.fromhex(cursor))[0]
                position = ListPosition(key, key)
        except (StructError, ValueError) as error:
            raise CursorMalformed from error
        # Each position has exactly one cursor, so any other text is refused.
        if not compare_digest(self.encode_position(position).encode(), encoded):
            raise CursorMalformed
        return position

    def _decoded(self, encoded: bytes) -> ListPosition:
        packed = a2b_base64(encoded.translate(FROM_URL_SAFE) + b"=" * (-len(encoded) % 4))
        numbers, tag = packed[1:-TAG_BYTES], packed[-TAG_BYTES:]
        if not compare_digest(self._unsettled_tag(numbers), tag):
            raise CursorMalformed
        # The tag is valid, so the numbers are well-formed.
        return list_position_from_numbers(unpack_numbers(numbers))

    def _unsettled_tag(self, packed: bytes) -> bytes:
        signed = self._prefix(UNSETTLED_VERSION) + packed
        return blake2s(signed, key=self.keys.blake2, digest_size=TAG_BYTES).digest()

    def _prefix(self, version: bytes) -> bytes:
        """What a MAC covers besides the position."""
        return version + self.list_name.encode() + POSITION.pack(self.owner_id)


class TextCursorCodec(NamedTuple):
    """Encodes and decodes the cursors of a list whose positions are texts: of one that has an order of its own."""

    keys: CursorKeys
    list_name: str
    owner_id: int

    def encode(self, position: str) -> str:
        """The cursor of a position, in base64."""
        packed = position.encode()
        signed = self._tag(packed) + packed
        return b2a_base64(signed, newline=False).translate(URL_SAFE).decode().rstrip("=")

    def encode_all(self, positions: list[str]) -> list[str]:
        """The cursors of the positions."""
        return list(map(self.encode, positions))

    def decode(self, cursor: str) -> str:
        """The position that the cursor encodes. Errors: CursorMalformed."""
        for older in self.keys.older:
            with suppress(CursorMalformed):
                return self._replace(keys=older).decode(cursor)
        if len(cursor) > MAX_CURSOR_LENGTH:
            raise CursorMalformed
        try:
            encoded = cursor.encode("ascii").translate(FROM_URL_SAFE)
            position = a2b_base64(encoded + b"=" * (-len(encoded) % 4))[TAG_BYTES:].decode()
        except ValueError as error:
            raise CursorMalformed from error
        # Each position has exactly one cursor, so any other text is refused.
        if not compare_digest(self.encode(position).encode(), cursor.encode("ascii")):
            raise CursorMalformed
        return position

    def _tag(self, packed: bytes) -> bytes:
        signed = self.list_name.encode() + POSITION.pack(self.owner_id) + packed
        return blake2s(signed, key=self.keys.blake2, digest_size=TAG_BYTES).digest()


class RankedCursorCodec(CursorCodec):
    """Encodes and decodes the cursors of a list by a rank and then by key. All of its positions are settled."""

    __slots__ = ()

    def encode_all(self, positions: list[int]) -> list[str]:
        return list(map(self._encode_settled, positions))

    def _encode_settled(self, key: int) -> str:
        # A number beyond bigint is a Decimal, of which the text has an exponent if it ends in 0000.
        return self._as_text().encode(str(int(key)))

    def decode(self, cursor: str) -> ListPosition:
        position = int(self._as_text().decode(cursor))
        return ListPosition(position, position)

    def _as_text(self) -> TextCursorCodec:
        return TextCursorCodec(self.keys, self.list_name, self.owner_id)


def ranked_position(rank: int, key: int) -> int:
    """The position of a row in a list by rank and then by key, which are not negative."""
    return rank << 63 | key


def rank_and_key(position: int) -> tuple[int, int]:
    """The inverse of `ranked_position`."""
    return divmod(int(position), 1 << 63)


codec_from_columns = row_factory(CursorCodec)
