"""Access tokens, verified without a statement, and refresh tokens, of which only a hash is stored."""

from __future__ import annotations

import hmac
import re
from functools import lru_cache
from hashlib import blake2b, sha256
from time import time
from typing import NamedTuple

import jwt

from core.errors import ClientError

ALGORITHM = "HS256"
ISSUER = "feed"
MAX_TOKEN_LENGTH = 1_000
TOKENS_CACHED = 20_000
REFRESH_TOKEN = re.compile(r"([1-9][0-9]{0,18})\.([1-9][0-9]{0,8})\.([0-9a-f]{64})")


class AccessToken(NamedTuple):
    """Viewer, session, and expiry in seconds since 1970."""

    viewer_id: int
    session_id: int
    expires_at: int


class AccessTokens:
    """Issues and verifies access tokens (JWT).

    Verified tokens are cached: a client sends the same one for a quarter of an
    hour, and a verification takes 30 µs.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = blake2b(secret, digest_size=32, person=b"access tokens").digest()
        self._verified = lru_cache(TOKENS_CACHED)(self._verify)

    def issue(self, token: AccessToken) -> str:
        """The token as text."""
        claims = {
            "iss": ISSUER,
            "sub": str(token.viewer_id),
            "sid": str(token.session_id),
            "exp": token.expires_at,
        }
        return jwt.encode(claims, self._key, ALGORITHM)

    def read(self, text: str) -> AccessToken:
        """The token's claims, verified. Errors: TOKEN_EXPIRED, TOKEN_INVALID."""
        known = self._verified(text)
        if known.expires_at <= time():
            raise ClientError("The access token has expired: refresh the session.", "TOKEN_EXPIRED")
        return known

    def _verify(self, text: str) -> AccessToken:
        try:
            if len(text) > MAX_TOKEN_LENGTH:
                raise jwt.InvalidTokenError  # noqa: TRY301  # as for other invalid tokens
            claims = jwt.decode(
                text,
                self._key,
                [ALGORITHM],
                issuer=ISSUER,
                options={"require": ["exp", "sub", "iss"], "verify_exp": False},
            )
            return AccessToken(int(claims["sub"]), int(claims["sid"]), int(claims["exp"]))
        except (jwt.InvalidTokenError, ValueError, KeyError):
            raise ClientError(
                "This is not an access token of this server.", "TOKEN_INVALID"
            ) from None


class RefreshToken(NamedTuple):
    """Session id, generation and MAC of a refresh token."""

    session_id: int
    generation: int
    mac: str

    @property
    def text(self) -> str:
        return f"{self.session_id}.{self.generation}.{self.mac}"

    @property
    def hash(self) -> bytes:
        """The hash that is stored."""
        return sha256(self.text.encode()).digest()


class RefreshTokens:
    """Derives refresh tokens from the server's secret and a session's salt.

    A token can't be derived from a stolen database, which does not hold the secret. The same input gives the same
    token, so a client that lost the response can get the same successor although only its hash is stored.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = blake2b(secret, digest_size=32, person=b"refresh tokens").digest()

    def make(self, session_id: int, salt: bytes, generation: int) -> RefreshToken:
        """The session's token of this generation."""
        message = b"%d.%d." % (session_id, generation) + salt
        return RefreshToken(session_id, generation, hmac.digest(self._key, message, "sha256").hex())

    @staticmethod
    def parse(text: str) -> RefreshToken | None:
        """The parts of a token, not verified; None for a malformed one."""
        match = REFRESH_TOKEN.fullmatch(text) if len(text) <= MAX_TOKEN_LENGTH else None
        return match and RefreshToken(int(match[1]), int(match[2]), match[3])
