"""Access tokens, verified without a statement, and refresh tokens, of which only a hash is stored."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Any, NamedTuple

import jwt

from core.database.clock import CLOCK
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


def key_id(secret: bytes) -> str:
    """The public name of a secret (`kid`), from which the secret can't be found."""
    return blake2b(secret, digest_size=6, person=b"key id").hexdigest()


class AccessTokens:
    """Issues and verifies access tokens (JWT).

    Verified tokens are cached: a client sends the same one for a quarter of an
    hour, and a verification takes 30 µs.
    """

    def __init__(self, *secrets: bytes) -> None:
        """`secrets`: the first one signs; tokens that were signed with any of them are valid."""
        self._keys = {
            key_id(secret): blake2b(secret, digest_size=32, person=b"access tokens").digest()
            for secret in secrets
        }
        self._signing_key = next(iter(self._keys))
        # All tokens of a key begin with the same header, which need not be decoded: a tenth of what a like costs.
        self._by_header = {
            jwt.encode({}, key, ALGORITHM, headers={"kid": name}).partition(".")[0]: [key]
            for name, key in self._keys.items()
        }
        self._verified = lru_cache(TOKENS_CACHED)(self._verify)

    def issue(self, token: AccessToken) -> str:
        """The token as text."""
        claims = {
            "iss": ISSUER,
            "sub": str(token.viewer_id),
            "sid": str(token.session_id),
            "exp": token.expires_at,
        }
        name = self._signing_key
        return jwt.encode(claims, self._keys[name], ALGORITHM, headers={"kid": name})

    def read(self, text: str) -> AccessToken:
        """The token's claims, verified. Errors: TOKEN_EXPIRED, TOKEN_INVALID."""
        known = self._verified(text)
        if known.expires_at <= CLOCK.now():
            raise ClientError("The access token has expired: refresh the session.", "TOKEN_EXPIRED")
        return known

    def _verify(self, text: str) -> AccessToken:
        try:
            if len(text) > MAX_TOKEN_LENGTH:
                raise jwt.InvalidTokenError  # noqa: TRY301  # as for other invalid tokens
            keys = self._by_header.get(text.partition(".")[0]) or self._named(text)
            claims = self._claims(text, keys)
            return AccessToken(int(claims["sub"]), int(claims["sid"]), int(claims["exp"]))
        except (jwt.InvalidTokenError, ValueError, KeyError):
            raise ClientError(
                "This is not an access token of this server.", "TOKEN_INVALID"
            ) from None

    def _named(self, text: str) -> list[bytes]:
        """The keys with which a token may be signed. Errors: jwt.InvalidTokenError, KeyError."""
        # A token without the name of its key was signed by a server of the version before, which had one key.
        name = jwt.get_unverified_header(text).get("kid")
        return list(self._keys.values()) if name is None else [self._keys[name]]

    def _claims(self, text: str, keys: Sequence[bytes]) -> dict[str, Any]:
        """The claims of a token that was signed with any of the keys. Errors: jwt.InvalidTokenError."""
        options: Any = {"require": ["exp", "sub", "iss"], "verify_exp": False}
        for key in keys[:-1]:
            with suppress(jwt.InvalidSignatureError):
                return jwt.decode(text, key, [ALGORITHM], issuer=ISSUER, options=options)
        return jwt.decode(text, keys[-1], [ALGORITHM], issuer=ISSUER, options=options)


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
        self._keys = [
            blake2b(secret, digest_size=32, person=b"refresh tokens").digest() for secret in secrets
        ]

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
        return match and RefreshToken(int(match[1]), int(match[2]), match[3])


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
        self._keys = [
            blake2b(secret, digest_size=32, person=b"one-time tokens").digest()
            for secret in secrets
        ]

    def make(self, purpose: str, id: int) -> OneTimeToken:
        """The token of a row."""
        return self._made_by(self._keys[0], purpose, id)

    def with_hash(self, purpose: str, id: int, token_hash: bytes) -> OneTimeToken | None:
        """The token that has this hash; None if it was made with a secret that is no longer used."""
        made = (self._made_by(key, purpose, id) for key in self._keys)
        return next((token for token in made if token.hash == token_hash), None)

    @staticmethod
    def parse(text: str) -> OneTimeToken | None:
        """The parts of a token, not verified; None for a malformed one."""
        text = text.strip() if len(text) <= MAX_TOKEN_LENGTH else ""
        match = ONE_TIME_TOKEN.fullmatch(text)
        return match and OneTimeToken(int(match[1]), match[2])

    @staticmethod
    def _made_by(key: bytes, purpose: str, id: int) -> OneTimeToken:
        message = b"%s.%d" % (purpose.encode(), id)
        return OneTimeToken(id, hmac.digest(key, message, "sha256").hex())
