"""Access tokens, verified without a statement, and refresh tokens, of which only a hash is stored."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import NamedTuple

from django.core.signing import BadSignature, Signer

from core.database.clock import CLOCK
from core.database.time_ordered_keys import HIGHEST_KEY
from core.errors import ClientError

MAX_TOKEN_LENGTH = 1_000
TOKENS_CACHED = 20_000
REFRESH_TOKEN = re.compile(r"([1-9][0-9]{0,18})\.([1-9][0-9]{0,8})\.([0-9a-f]{64})")


class AccessToken(NamedTuple):
    """Viewer, session, and expiry in seconds since 1970."""

    viewer_id: int
    session_id: int
    expires_at: int


def _keys(secrets: Iterable[bytes], purpose: bytes) -> list[bytes]:
    """A key from each secret, which nothing else is signed with."""
    return [blake2b(secret, digest_size=32, person=purpose).digest() for secret in secrets]


class AccessTokens:
    """Issues and verifies access tokens, signed by Django's HMAC-SHA-256. To clients they are opaque.

    Verified tokens are cached: a client sends the same one for a quarter of an hour.
    """

    def __init__(self, *secrets: bytes) -> None:
        """`secrets`: the first one signs; tokens that were signed with any of them are valid."""
        key, *others = _keys(secrets, b"access tokens")
        # RFC 6750 allows no colon, Django's separator, in the header Authorization.
        self._signer = Signer(key=key, fallback_keys=[*others], salt="access token", sep=".")
        self._verified = lru_cache(TOKENS_CACHED)(self._verify)

    def issue(self, token: AccessToken) -> str:
        """The token as text."""
        return self._signer.sign_object(token)

    def read(self, text: str) -> AccessToken:
        """The token's claims, verified. Errors: TOKEN_EXPIRED, TOKEN_INVALID."""
        known = self._verified(text)
        if known.expires_at <= CLOCK.now():
            raise ClientError("The access token has expired: refresh the session.", "TOKEN_EXPIRED")
        return known

    def _verify(self, text: str) -> AccessToken:
        try:
            # Another version of the server may sign other claims.
            match self._signer.unsign_object(text) if len(text) <= MAX_TOKEN_LENGTH else None:
                case [int(viewer_id), int(session_id), int(expires_at)]:
                    return AccessToken(viewer_id, session_id, expires_at)
        except (BadSignature, ValueError):
            pass
        raise ClientError("This is not an access token of this server.", "TOKEN_INVALID")


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

    def __init__(self, *secrets: bytes) -> None:
        """`secrets`: the first one makes new tokens; those that were made with any of them are valid."""
        self._keys = _keys(secrets, b"refresh tokens")

    def make(self, session_id: int, salt: bytes, generation: int) -> RefreshToken:
        """The session's token of this generation, made with the first secret."""
        return self.valid(session_id, salt, generation)[0]

    def valid(self, session_id: int, salt: bytes, generation: int) -> list[RefreshToken]:
        """The session's possible tokens of this generation: one for each secret."""
        message = b"%d.%d." % (session_id, generation) + salt
        macs = (hmac.digest(key, message, "sha256").hex() for key in self._keys)
        return [RefreshToken(session_id, generation, mac) for mac in macs]

    @staticmethod
    def parse(text: str) -> RefreshToken | None:
        """The parts of a token, not verified; None for a malformed one."""
        match = REFRESH_TOKEN.fullmatch(text) if len(text) <= MAX_TOKEN_LENGTH else None
        if match is None or int(match[1]) > HIGHEST_KEY:
            return None
        return RefreshToken(int(match[1]), int(match[2]), match[3])


ONE_TIME_TOKEN = re.compile(r"([1-9][0-9]{0,18})-([0-9a-f]{64})")


class OneTimeToken(NamedTuple):
    """Key and MAC of a token in a mail."""

    id: int
    mac: str

    @property
    def text(self) -> str:
        return f"{self.id}-{self.mac}"

    @property
    def hash(self) -> bytes:
        """The hash that is stored."""
        return sha256(self.text.encode()).digest()


class OneTimeTokens:
    """Derives the tokens of mails from the server's secrets and the key of their row, so that a mail can be sent again
    although only a hash is stored.
    """

    def __init__(self, *secrets: bytes) -> None:
        """`secrets`: the first one makes new tokens."""
        self._keys = _keys(secrets, b"one-time tokens")

    def make(self, purpose: str, id: int) -> OneTimeToken:
        """The token of a row."""
        return self._valid(purpose, id)[0]

    def with_hash(self, purpose: str, id: int, token_hash: bytes) -> OneTimeToken | None:
        """The token that has this hash; None if it was made with a secret that is no longer used."""
        valid = self._valid(purpose, id)
        return next((token for token in valid if token.hash == token_hash), None)

    @staticmethod
    def parse(text: str) -> OneTimeToken | None:
        """The parts of a token, not verified; None for a malformed one."""
        text = text.strip() if len(text) <= MAX_TOKEN_LENGTH else ""
        match = ONE_TIME_TOKEN.fullmatch(text)
        if match is None or int(match[1]) > HIGHEST_KEY:
            return None
        return OneTimeToken(int(match[1]), match[2])

    def _valid(self, purpose: str, id: int) -> list[OneTimeToken]:
        message = b"%s.%d" % (purpose.encode(), id)
        macs = (hmac.digest(key, message, "sha256").hex() for key in self._keys)
        return [OneTimeToken(id, mac) for mac in macs]
