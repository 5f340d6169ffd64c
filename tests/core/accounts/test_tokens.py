"""Tokens carry the claims they were issued with, and forged ones are refused."""

from __future__ import annotations

import json
import re
import string
from base64 import urlsafe_b64encode
from time import time

import pytest
from django.core.signing import Signer
from hypothesis import example, given
from hypothesis import strategies as st

from core.accounts.tokens import AccessToken, AccessTokens, OneTimeTokens, RefreshTokens
from core.errors import ClientError

TOKENS = AccessTokens(b"a secret")
LATER = int(time()) + 86_400  # Later than the run ends.
KEYS = st.integers(1, 2**63 - 1)


def refused(text: str, tokens: AccessTokens = TOKENS) -> str:
    """The code with which a token is refused."""
    with pytest.raises(ClientError) as caught:
        tokens.read(text)
    return caught.value.code


@given(KEYS, KEYS)
def test_a_token_carries_viewer_session_and_expiry(viewer: int, session: int) -> None:
    token = AccessToken(viewer, session, LATER)
    text = TOKENS.issue(token)
    assert TOKENS.read(text) == token
    assert TOKENS.read(text) == token  # From the cache.


def test_a_token_expires_on_the_second_even_if_it_is_cached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokens = AccessTokens(b"a secret")
    text = tokens.issue(AccessToken(7, 8, LATER))
    assert tokens.read(text).viewer_id == 7
    monkeypatch.setattr("core.accounts.tokens.CLOCK.now", lambda: LATER - 0.001)
    assert tokens.read(text).viewer_id == 7
    monkeypatch.setattr("core.accounts.tokens.CLOCK.now", lambda: float(LATER))
    assert refused(text, tokens) == "TOKEN_EXPIRED"
    assert refused(text, tokens) == "TOKEN_EXPIRED"  # No longer from the cache.


def test_only_the_signature_of_this_server_is_accepted() -> None:
    good = TOKENS.issue(AccessToken(7, 8, LATER))
    body, signature = good.split(".")
    flipped = signature[:5] + ("A" if signature[5] != "A" else "B") + signature[6:]
    other = TOKENS.issue(AccessToken(9, 8, LATER)).split(".")[0]
    claims = urlsafe_b64encode(json.dumps([9, 8, LATER]).encode()).decode().rstrip("=")
    forged = [
        AccessTokens(b"another secret").issue(AccessToken(7, 8, LATER)),
        Signer(key="a secret", salt="access token", sep=".").sign_object([7, 8, LATER]),
        Signer(key=TOKENS._signer.key, sep=".").sign_object([7, 8, LATER]),  # Of another use.
        f"{body}.{flipped}",
        f"{other}.{signature}",
        f"{claims}.{signature}",
        f".{body}.{signature}",
        f"{body}.",
        body,
        good + "A" * 10_000,
        f" {good}",
        f"{good} ",
    ]
    assert {refused(text) for text in forged} == {"TOKEN_INVALID"}


@pytest.mark.parametrize(
    "claims",
    [None, 7, "789", {"a": 7, "b": 8, "c": LATER}, [7, 8], [7, 8, LATER, 9], ["7", "8", LATER]],
)
def test_other_claims_that_this_server_has_signed_are_refused(claims: object) -> None:
    assert refused(TOKENS._signer.sign_object(claims)) == "TOKEN_INVALID"


@pytest.mark.parametrize("text", ["", "é", "W", urlsafe_b64encode(b"[7").decode()])
def test_other_text_that_this_server_has_signed_is_refused(text: str) -> None:
    assert refused(TOKENS._signer.sign(text)) == "TOKEN_INVALID"


@given(KEYS, KEYS)
def test_a_token_may_stand_in_the_header_authorization(viewer: int, session: int) -> None:
    # The characters of RFC 6750, section 2.1.
    text = TOKENS.issue(AccessToken(viewer, session, LATER))
    assert re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", text)


@given(st.text())
@example("\ud800.\ud800.\ud800")
@example("\0")
@example("eyJhbGciOiJub25lIn0.e30.")
def test_any_text_is_refused_with_the_same_code(text: str) -> None:
    assert refused(text) == "TOKEN_INVALID"


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.accounts.tokens.TOKENS_CACHED", 3)
    tokens = AccessTokens(b"a secret")
    texts = [tokens.issue(AccessToken(viewer, 1, LATER)) for viewer in range(1, 9)]
    assert [tokens.read(text).viewer_id for text in texts + texts] == [*range(1, 9)] * 2
    assert tokens._verified.cache_info().currsize == 3


@given(KEYS, st.binary(min_size=16, max_size=16), st.integers(1, 999_999_999))
def test_a_refresh_token_can_be_derived_again_and_parsed(
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
    assert token.mac not in {other.mac for other in others}


@given(st.text() | st.text(string.hexdigits + ".", min_size=60, max_size=100))
@example("1.1." + "0" * 63 + "\n")
@example("0.1." + "0" * 64)
@example("9" * 40 + ".1." + "0" * 64)
@example(f"{2**63}.1." + "0" * 64)
@example("\N{ARABIC-INDIC DIGIT ONE}.1." + "0" * 64)
def test_parsing_a_malformed_refresh_token_gives_none(text: str) -> None:
    assert RefreshTokens.parse(text) is None


@pytest.mark.parametrize("id", ["0", "-1", str(2**63), "9" * 19, "9" * 40])
def test_a_one_time_token_whose_id_no_row_can_have_is_malformed(id: str) -> None:
    assert OneTimeTokens.parse(f"{2**63 - 1}-" + "0" * 64) is not None
    assert OneTimeTokens.parse(f"{id}-" + "0" * 64) is None
