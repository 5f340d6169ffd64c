"""A browser's side of Web Push: its keys, and the reading of what it gets, as RFC 8291 and RFC 8292 say."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from interactions.push.base64url import from_base64url
from tests.interactions.push.receiver import Received, Receiver

DAY = 24 * 3_600


def hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """One block of HKDF with SHA-256 (RFC 5869)."""
    extracted = hmac.digest(salt, secret, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)[:length]


class Browser:
    """One subscription."""

    def __init__(self, name: str = "browser", auth: bytes = b"sixteen bytes ok") -> None:
        self.name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = auth

    @property
    def _point(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def keys(self) -> tuple[bytes, bytes]:
        """Its public key and its secret."""
        return self._point, self._auth

    def target(self, receiver: Receiver) -> dict[str, Any]:
        """What it registers."""
        texts = {
            name: urlsafe_b64encode(value).decode().rstrip("=")
            for name, value in zip(("p256dh", "auth"), self.keys, strict=True)
        }
        return {"webPush": {"endpoint": f"{receiver.url}/{self.name}", **texts}}

    def read(self, body: bytes) -> dict[str, Any]:
        """The payload of a push. Errors: cryptography.exceptions.InvalidTag for one to another browser."""
        salt, record_bytes, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        assert len(body) - 21 - length <= record_bytes <= 4_096
        theirs, content = body[21 : 21 + length], body[21 + length :]
        shared = self._key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        )
        info = b"WebPush: info\x00" + self._point + theirs
        secret = hkdf(self._auth, shared, info, 32)
        key = hkdf(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = hkdf(salt, secret, b"Content-Encoding: nonce\x00", 12)
        plain = AESGCM(key).decrypt(nonce, content, None).rstrip(b"\x00")
        assert plain[-1:] == b"\x02"
        read: dict[str, Any] = json.loads(plain[:-1])
        return read


def check_vapid(request: Received, receiver: Receiver, public_key: str, contact: str) -> None:
    """Asserts that the request is signed by the key, for this service, and not for too long."""
    scheme, _, rest = request.headers["authorization"].partition(" ")
    assert scheme == "vapid"
    values = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert values["k"] == public_key
    point = from_base64url(public_key)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    claims = jwt.decode(values["t"], key, algorithms=["ES256"], audience=receiver.url)
    assert claims["sub"] == contact
    assert time.time() < claims["exp"] <= time.time() + DAY
