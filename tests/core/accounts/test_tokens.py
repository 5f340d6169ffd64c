"""Tokens say what they were given to say, and no others are believed."""

from __future__ import annotations

import string
from time import time

import jwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.accounts.tokens import AccessToken, AccessTokens, RefreshTokens
from core.errors import ClientError

TOKENS = AccessTokens(b"a secret")
LATER = int(time()) + 900
CLAIMS = {"iss": "feed", "sub": "7", "sid": "8", "exp": LATER}
KEYS = st.integers(1, 2**63 - 1)


def refused(text: str, tokens: AccessTokens = TOKENS) -> str:
    """The code with which a token is refused."""
    with pytest.raises(ClientError) as caught:
        tokens.read(text)
    return caught.value.code


@given(KEYS, KEYS)
def test_a_token_says_who_asks_by_which_session_and_until_when(viewer: int, session: int) -> None:
    token = AccessToken(viewer, session, LATER)
    text = TOKENS.give(token)
    assert TOKENS.read(text) == token
    assert TOKENS.read(text) == token  # Now from memory.


def test_a_token_ends_on_the_second_also_when_it_is_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokens = AccessTokens(b"a secret")
    text = tokens.give(AccessToken(7, 8, LATER))
    assert tokens.read(text).viewer_id == 7
    monkeypatch.setattr("core.accounts.tokens.time", lambda: LATER - 0.001)
    assert tokens.read(text).viewer_id == 7
    monkeypatch.setattr("core.accounts.tokens.time", lambda: float(LATER))
    assert refused(text, tokens) == "TOKEN_EXPIRED"
    assert refused(text, tokens) == "TOKEN_EXPIRED"  # No longer from memory.


def test_only_this_servers_signature_counts() -> None:
    good = TOKENS.give(AccessToken(7, 8, LATER))
    head, body, signature = good.split(".")
    flipped = signature[:5] + ("A" if signature[5] != "A" else "B") + signature[6:]
    others_body = AccessTokens(b"a secret").give(AccessToken(9, 8, LATER)).split(".")[1]
    forged = [
        AccessTokens(b"another secret").give(AccessToken(7, 8, LATER)),
        jwt.encode(CLAIMS, None, "none"),
        jwt.encode(CLAIMS, "a secret that is not the derived key at all", "HS256"),
        jwt.encode(CLAIMS, TOKENS._key + TOKENS._key, "HS512"),
        f"{head}.{body}.{flipped}",
        f"{head}.{others_body}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        good + "A" * 10_000,
        f" {good}",
    ]
    assert {refused(text) for text in forged} == {"TOKEN_INVALID"}


@pytest.mark.parametrize("missing", CLAIMS)
def test_a_token_that_says_too_little_is_refused(missing: str) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != missing}
    assert refused(jwt.encode(claims, TOKENS._key, "HS256")) == "TOKEN_INVALID"


def test_a_token_for_something_else_is_refused() -> None:
    assert refused(jwt.encode({**CLAIMS, "iss": "else"}, TOKENS._key, "HS256")) == "TOKEN_INVALID"


@given(st.text())
@example("\ud800.\ud800.\ud800")
@example("\0")
@example("eyJhbGciOiJub25lIn0.e30.")
def test_whatever_is_sent_is_refused_in_our_words(text: str) -> None:
    assert refused(text) == "TOKEN_INVALID"


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.accounts.tokens.TOKENS_REMEMBERED", 3)
    tokens = AccessTokens(b"a secret")
    texts = [tokens.give(AccessToken(viewer, 1, LATER)) for viewer in range(1, 9)]
    assert [tokens.read(text).viewer_id for text in texts + texts] == [*range(1, 9)] * 2
    assert len(tokens._verified) == 3


@given(KEYS, st.binary(min_size=16, max_size=16), st.integers(1, 999_999_999))
def test_a_refresh_token_can_be_made_again_and_taken_apart(
    session: int, salt: bytes, generation: int
) -> None:
    tokens = RefreshTokens(b"a secret")
    token = tokens.make(session, salt, generation)
    assert tokens.make(session, salt, generation) == token
    assert tokens.parse(token.text) == token
    assert len(token.hash) == 32
    others = [
        tokens.make(session, salt, generation + 1),
        tokens.make(session ^ 1, salt, generation),
        tokens.make(session, bytes(byte ^ 1 for byte in salt), generation),
        RefreshTokens(b"another secret").make(session, salt, generation),
    ]
    assert token.proof not in {other.proof for other in others}


@given(st.text() | st.text(string.hexdigits + ".", min_size=60, max_size=100))
@example("1.1." + "0" * 63 + "\n")
@example("0.1." + "0" * 64)
@example("9" * 40 + ".1." + "0" * 64)
@example("\N{ARABIC-INDIC DIGIT ONE}.1." + "0" * 64)
def test_what_can_be_no_refresh_token_is_none(text: str) -> None:
    assert RefreshTokens.parse(text) is None
