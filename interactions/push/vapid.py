"""VAPID: by a key pair a Web Push service recognises this server (RFC 8292)."""

from __future__ import annotations

import time
from functools import cache
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from interactions.push.base64url import from_base64url, to_base64url

TOKEN_SECONDS = 12 * 3_600
"""Half of what services allow, since their clocks differ."""


def vapid_pair() -> tuple[str, str]:
    """A new private and public key, as text."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    private = to_base64url(number.to_bytes(32))
    return private, vapid_public_key(private)


@cache
def vapid_key(private: str) -> ec.EllipticCurvePrivateKey:
    """The private key of its text. Errors: ValueError."""
    number = from_base64url(private)
    if len(number) != 32:
        raise ValueError("A private key has 32 bytes.")
    return ec.derive_private_key(int.from_bytes(number), ec.SECP256R1())


@cache
def vapid_public_key(private: str) -> str:
    """The public key, as browsers take it."""
    key = vapid_key(private).public_key()
    return to_base64url(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def vapid_authorization(private: str, contact: str, endpoint: str) -> str:
    """The header Authorization for a request to the endpoint. `contact`: whom its operator may write to."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time()) + TOKEN_SECONDS,
        "sub": contact,
    }
    token = jwt.encode(claims, vapid_key(private), algorithm="ES256")
    return f"vapid t={token}, k={vapid_public_key(private)}"
