"""Global IDs: the name of a type and a key, opaque to clients."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from functools import cache

from core.database.time_ordered_keys import HIGHEST_KEY
from core.errors import ClientError, not_found
from core.execution import GlobalIdEncoder

MAX_ID_LENGTH = 60


@cache
def id_encoder(type_name: str) -> GlobalIdEncoder:
    """Encodes keys as the global IDs of a type."""
    return GlobalIdEncoder(f"{type_name}:")


def global_id(type_name: str, key: int) -> str:
    """The global ID of one object."""
    return id_encoder(type_name)([key])[0]


def parse_id(text: str) -> tuple[str, int]:
    """The type name and key of a global ID. Errors: BAD_ID if it is malformed."""
    if len(text) <= MAX_ID_LENGTH:
        try:
            type_name, _, digits = (
                b64decode(text.encode("ascii"), validate=True).decode("ascii").partition(":")
            )
        except (Base64Error, UnicodeError):
            type_name, digits = "", ""
        if (
            type_name.isalpha()
            and digits.isdecimal()
            and digits[0] != "0"
            and int(digits) <= HIGHEST_KEY
        ):
            return type_name, int(digits)
    raise ClientError(
        "This is not an ID of this API. IDs are opaque: send them as the API returned them.",
        "BAD_ID",
    )


def key_of(type_name: str, text: str) -> int | None:
    """The key of a global ID; None if it is not a global ID of that type, which clients see as not found."""
    try:
        found, key = parse_id(text)
    except ClientError:
        return None
    return key if found == type_name else None


def input_key(type_name: str, text: str, field: str) -> int:
    """The key of the id in an input's `field`. Errors: MutationRefused (NOT_FOUND) for an id of another type."""
    key = key_of(type_name, text)
    if key is None:
        raise not_found(type_name, field)
    return key
