"""Passwords are hashed beside the event loop, by few threads, for a bounded number of people."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from threading import Event

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password

from core.accounts.models import User
from core.accounts.passwords import Passwords
from core.graphql.errors import ClientError

PERSON = User(username="katherine", email="johnson@example.com")


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(threads=1, in_hand_at_most=3)
    yield made
    made.close()


async def test_only_the_password_matches_its_hash(passwords: Passwords) -> None:
    encoded = await passwords.hashed("pässword 1")
    assert identify_hasher(encoded).algorithm == "argon2"
    assert "m=19456,t=2,p=1" in encoded
    assert await passwords.matches("pässword 1", encoded)
    assert not await passwords.matches("pässword 2", encoded)
    assert not await passwords.matches("", encoded)


@pytest.mark.parametrize("password", ["nobody's", "", "x" * 100_000, "\ud800", "\0"])
@pytest.mark.parametrize("stored", [None, make_password(None), "", "garbage"])
async def test_nothing_matches_what_is_no_hash(
    passwords: Passwords, password: str, stored: str | None
) -> None:
    assert not await passwords.matches(password, stored)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "too short"),
        ("password123", "too common"),
        ("katherine1", "similar to the username"),
        ("x" * 129, "at most 128"),
        ("\ud800" * 10, "halves"),
        ("a" * 8 + "\0", None),
        ("x" * 128, None),
        ("correct horse", None),
    ],
)
async def test_weak_passwords_are_told_why(
    passwords: Passwords, password: str, said: str | None
) -> None:
    problem = await passwords.problem(password, PERSON)
    assert problem is None if said is None else said in str(problem)


async def test_too_many_at_once_are_turned_away_until_a_thread_is_done(
    passwords: Passwords,
) -> None:
    held = Event()
    waiting = [asyncio.create_task(passwords._run(lambda: held.wait(30))) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(ClientError, match="Try again") as caught:
        await passwords.hashed("x")
    assert caught.value.code == "RATE_LIMITED"
    # Whoever goes away while the thread works gives no place free.
    waiting[0].cancel()
    await asyncio.wait([waiting[0]])
    with pytest.raises(ClientError):
        await passwords.hashed("x")
    held.set()
    assert await asyncio.gather(*waiting[1:]) == [True, True]
    assert await passwords.hashed("x")
