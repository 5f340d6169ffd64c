"""A secret key is replaced in steps, at each of which everything that was signed before is valid."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from time import time
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings
from django.test import override_settings

from core.accounts.one_time_tokens import one_time_tokens
from core.accounts.sessions import Accounts
from core.accounts.tokens import AccessToken, AccessTokens, OneTimeTokens, RefreshTokens
from core.context import Services
from core.database.cursors import CursorMalformed, CursorSigner
from core.database.database import Database
from core.errors import ClientError
from core.events.log_positions import Position, decode_position, encode_position
from feed.media.addresses import MediaAddresses, media_addresses
from feed.media.files import MediaSize
from tests.core.accounts.world import ApiClient, codes

OLD, NEW = b"the old key", b"the new key"
TOKEN = AccessToken(1, 2, int(time()) + 86_400)  # Later than the run ends.


def test_an_access_token_is_valid_with_either_key() -> None:
    old = AccessTokens(OLD).issue(TOKEN)
    for secrets in ((OLD, NEW), (NEW, OLD)):
        tokens = AccessTokens(*secrets)
        assert tokens.read(old) == TOKEN
        # The first key signs.
        assert tokens.issue(TOKEN) == AccessTokens(secrets[0]).issue(TOKEN)
        # So every process of the step before accepts it.
        assert AccessTokens(OLD, NEW).read(tokens.issue(TOKEN)) == TOKEN
    with pytest.raises(ClientError, match="not an access token"):
        AccessTokens(NEW).read(old)


def test_cursors_are_valid_with_either_key() -> None:
    codec = CursorSigner(OLD).codec("posts", 7)
    position = Position(5, 6, 7)
    event = encode_position(CursorSigner(OLD), position)
    for secrets in ((OLD, NEW), (NEW, OLD)):
        signer = CursorSigner(*secrets)
        assert signer.codec("posts", 7).decode(codec.encode(9)).key == 9
        assert signer.codec("posts", 7).encode(9) == CursorSigner(secrets[0]).codec(
            "posts", 7
        ).encode(9)
        assert decode_position(signer, event) == position
        with pytest.raises(CursorMalformed):
            signer.codec("posts", 8).decode(codec.encode(9))
    with pytest.raises(CursorMalformed):
        CursorSigner(NEW).codec("posts", 7).decode(codec.encode(9))
    with pytest.raises(CursorMalformed):
        decode_position(CursorSigner(NEW), event)


def test_addresses_of_uploads_and_pictures_are_valid_with_either_key() -> None:
    def parts(address: str) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(address).query))

    old = MediaAddresses([OLD], "")
    upload = parts(old.upload(7, "image/png", 5).url)
    picture = parts(old.signed(7, MediaSize.SMALL))
    for secrets, is_valid in (((OLD, NEW), True), ((NEW, OLD), True), ((NEW,), False)):
        addresses = MediaAddresses(secrets, "")
        given = (int(upload["until"]), upload["signature"])
        assert addresses.is_upload(7, "image/png", 5, *given) is is_valid
        given = (int(picture["until"]), picture["signature"])
        assert addresses.is_signed(7, *given) is is_valid
        assert not addresses.is_signed(8, *given)
        first = MediaAddresses(secrets[:1], "")
        assert addresses.signed(7, MediaSize.SMALL) == first.signed(7, MediaSize.SMALL)


@contextmanager
def keys_of_settings(*secrets: bytes) -> Iterator[None]:
    """Meanwhile the settings have these keys."""
    keys = tuple(secret.decode() for secret in secrets)
    environment = dataclasses.replace(settings.ENVIRONMENT, secret_key=keys[0], secret_keys=keys)
    kept = (media_addresses, one_time_tokens)
    try:
        with override_settings(ENVIRONMENT=environment):
            for each in kept:
                each.cache_clear()
            yield
    finally:
        for each in kept:
            each.cache_clear()


def test_every_secret_key_of_the_settings_makes_addresses() -> None:
    with keys_of_settings(NEW, OLD):
        address = MediaAddresses([OLD], "").signed(7, MediaSize.SMALL)
        given = dict(parse_qsl(urlsplit(address).query))
        assert media_addresses().is_signed(7, int(given["until"]), given["signature"])


def test_the_token_of_a_mail_is_made_again_with_its_key() -> None:
    token = OneTimeTokens(OLD).make("reset_password", 7)
    assert OneTimeTokens(NEW, OLD).with_hash("reset_password", 7, token.hash) == token
    assert OneTimeTokens(NEW).with_hash("reset_password", 7, token.hash) is None


async def test_the_token_of_a_mail_is_valid_as_long_as_its_key(
    anonymous: ApiClient, database: Database
) -> None:
    with keys_of_settings(OLD):
        await anonymous.sign_up("ada")
    ((id,),) = await database.fetch("SELECT id FROM account_tokens")
    # Who has the key that has leaked can make this one too.
    token = OneTimeTokens(OLD).make("verify_email", id).text
    with keys_of_settings(NEW):
        refused = await anonymous.do("VerifyEmail", token=token)
    assert codes(refused) == [("TOKEN_REFUSED", "input", "token")]
    with keys_of_settings(NEW, OLD):
        assert (await anonymous.do("VerifyEmail", token=token))["changed"]


def with_keys(services: Services, accounts: Accounts, *secrets: bytes) -> ApiClient:
    """A client of a server with these keys."""
    services.register(
        dataclasses.replace(
            accounts,
            access_tokens=AccessTokens(*secrets),
            refresh_tokens=RefreshTokens(*secrets),
        )
    )
    return ApiClient(services)


async def test_nobody_is_signed_out_by_a_new_key(services: Services, accounts: Accounts) -> None:
    token = (await with_keys(services, accounts, OLD).sign_up())["session"]["refreshToken"]
    for secrets in ((OLD, NEW), (NEW, OLD), (OLD, NEW), (NEW, OLD), (NEW,)):
        client = with_keys(services, accounts, *secrets)
        used, refreshed = token, await client.refresh(token)
        token = refreshed["session"]["refreshToken"]
        # A client that has lost the response gets the same successor, also from a server of the step before.
        for others in ((OLD, NEW), (NEW, OLD)):
            again = await with_keys(services, accounts, *others).refresh(used)
            assert again["session"]["refreshToken"] == token
    refused = await with_keys(services, accounts, OLD).refresh(token)
    assert codes(refused) == [("TOKEN_REFUSED", "input", "refreshToken")]
