"""Passwords are hashed off the event loop, by a small thread pool with a bounded queue."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Iterator
from threading import Event
from typing import Any, Literal

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, identify_hasher, make_password

from core.accounts.models import User
from core.accounts.passwords import Passwords
from core.errors import ClientError

USER = User(username="katherine", email="johnson@example.com")


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(threads=1, pending_at_most=3)
    yield made
    made.close()


@pytest.mark.usefixtures("production_hashes")
async def test_only_the_password_matches_its_hash(passwords: Passwords) -> None:
    encoded = await passwords.hashed("pässword 1")
    assert identify_hasher(encoded).algorithm == "argon2nfkc"
    assert "m=19456,t=2,p=1" in encoded
    assert await passwords.check("pässword 1", encoded) == (True, None)
    assert await passwords.check("pässword 2", encoded) == (False, None)
    assert await passwords.check("", encoded) == (False, None)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize(
    "password", ["pässwört-übung", "ﬁne Ⅷ pass", "각각각각각각각각", "ÅÅÅÅÅÅÅÅ"]
)
async def test_a_password_is_the_same_in_every_form(
    passwords: Passwords, password: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"]
) -> None:
    encoded = await passwords.hashed(password)
    assert await passwords.check(unicodedata.normalize(form, password), encoded) == (True, None)


async def test_a_hash_of_an_older_hasher_is_verified_and_replaced(
    passwords: Passwords,
) -> None:
    typed = unicodedata.normalize("NFD", "pässwört-übung")
    encoded = make_password(typed, hasher="argon2")
    assert await passwords.check("another one", encoded) == (False, None)
    assert await passwords.check(unicodedata.normalize("NFC", typed), encoded) == (False, None)
    is_correct, new_hash = await passwords.check(typed, encoded)
    assert is_correct
    assert new_hash is not None
    assert await passwords.check(unicodedata.normalize("NFC", typed), new_hash) == (True, None)


@pytest.mark.parametrize("hasher", ["argon2", "argon2nfkc"])
async def test_a_wrong_password_costs_one_hash(
    passwords: Passwords, hasher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded = make_password("pässwört-übung", hasher=hasher)
    hashed: list[str] = []
    for name in ("encode", "verify"):
        computed = getattr(Argon2PasswordHasher, name)

        def counted(*given: Any, computed: Any = computed, name: str = name) -> Any:
            hashed.append(name)
            return computed(*given)

        monkeypatch.setattr(Argon2PasswordHasher, name, counted)
    for stored in (encoded, None):
        hashed.clear()
        assert not (await passwords.check("a\u0308 wrong one", stored)).is_correct
        assert len(hashed) == 1


@pytest.mark.parametrize("password", ["nobody's", "", "x" * 100_000, "\ud800", "\0"])
@pytest.mark.parametrize(
    "stored", [None, pytest.param(make_password(None), id="unusable"), "", "garbage"]
)
async def test_no_password_matches_an_unusable_hash(
    passwords: Passwords, password: str, stored: str | None
) -> None:
    assert not (await passwords.check(password, stored)).is_correct


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("short", "too short"),
        ("password123", "too common"),
        ("katherine1", "similar to the username"),
        ("x" * 129, "at most 128"),
        ("\ud800" * 10, "surrogates"),
        ("a" * 8 + "\0", None),
        ("x" * 128, None),
        ("ﷺ" * 8, "at most 128"),
        ("ﷺ" * 7, None),
        ("e\u0301" * 128, None),
        ("e\u0301" * 129, "at most 128"),
        ("e\u0301" * 7, "too short"),
        ("ｐａｓｓｗｏｒｄ１２３", "too common"),  # noqa: RUF001
        ("ﬁ" * 4, None),
        ("correct horse", None),
    ],
)
async def test_a_weak_password_is_refused_with_a_reason(
    passwords: Passwords, password: str, message: str | None
) -> None:
    problem = await passwords.problem(password, USER)
    assert problem is None if message is None else message in str(problem)


async def test_work_beyond_the_queue_is_refused_until_a_thread_is_done(
    passwords: Passwords,
) -> None:
    finish = Event()
    waiting = [asyncio.create_task(passwords._run(lambda: finish.wait(30))) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(ClientError, match="Try again") as caught:
        await passwords.hashed("x")
    assert caught.value.code == "RATE_LIMITED"
    # A cancelled caller does not release the slot while its thread works.
    waiting[0].cancel()
    await asyncio.wait([waiting[0]])
    with pytest.raises(ClientError):
        await passwords.hashed("x")
    finish.set()
    assert await asyncio.gather(*waiting[1:]) == [True, True]
    assert await passwords.hashed("x")
