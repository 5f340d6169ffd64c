"""What may be registered as a push target."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from interactions.push.base64url import from_base64url

ENDPOINT_LENGTH = 2_048
KEY_CHARACTERS = 100
TOKEN_LENGTH = 4_096
POINT_BYTES = 65
AUTH_BYTES = 16


def clean_endpoint(text: str, *, plain_http: bool = False) -> str:
    """The endpoint of a Web Push subscription. `plain_http`: whether http: is allowed. Errors: ValueError."""
    schemes = {"https", "http"} if plain_http else {"https"}
    try:
        parts = urlsplit(text)
        usable = (
            len(text) <= ENDPOINT_LENGTH
            and re.fullmatch(r"[!-~]+", text)
            and parts.scheme in schemes
            and parts.hostname
            and parts.username is None
            and not parts.fragment
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(
            f"Send the endpoint of the browser's subscription: an https: address of at most {ENDPOINT_LENGTH:,} "
            "characters."
        )
    return text


def clean_apns_token(text: str) -> str:
    """The token of a device that APNs gave. Errors: ValueError."""
    return _clean_token(text, "[A-Fa-f0-9]")


def clean_fcm_token(text: str) -> str:
    """The token of a device that FCM gave. Errors: ValueError."""
    return _clean_token(text, "[A-Za-z0-9:_.-]")


def _clean_token(text: str, character: str) -> str:
    if not re.fullmatch(rf"{character}{{1,{TOKEN_LENGTH}}}", text):
        raise ValueError(
            f"Send the token that the system gave the app: 1 to {TOKEN_LENGTH:,} letters, digits or any of `:_.-`; a "
            "token of APNs in hexadecimal."
        )
    return text


def clean_p256dh(text: str) -> bytes:
    """The public key of a browser: a point of P-256, not compressed. Errors: ValueError."""
    # Loaded by the first key: it takes 9 MB.
    from cryptography.hazmat.primitives.asymmetric.ec import (  # noqa: PLC0415
        SECP256R1,
        EllipticCurvePublicKey,
    )

    point = _decoded(text, POINT_BYTES)
    try:
        if point is not None:
            EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
            return point
    except ValueError:
        pass
    raise ValueError(
        "Send the subscription's key p256dh: a point of P-256, 65 bytes in base64url as the browser gives it."
    )


def clean_auth(text: str) -> bytes:
    """The secret of a browser's subscription. Errors: ValueError."""
    secret = _decoded(text, AUTH_BYTES)
    if secret is None:
        raise ValueError(
            "Send the subscription's key auth: 16 bytes in base64url as the browser gives it."
        )
    return secret


def _decoded(text: str, length: int) -> bytes | None:
    """The bytes of a text in base64url, with or without padding; None if it is not of this length."""
    # Some clients use the other alphabet of Base64.
    plain = text.replace("+", "-").replace("/", "_")
    if len(text) > KEY_CHARACTERS or not re.fullmatch(r"[A-Za-z0-9_-]+=*", plain):
        return None
    try:
        decoded = from_base64url(plain)
    except ValueError:
        return None
    return decoded if len(decoded) == length else None
