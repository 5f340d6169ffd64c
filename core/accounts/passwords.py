"""Passwords, hashed off the event loop."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from threading import BoundedSemaphore
from typing import NamedTuple, TypeVar

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from core.accounts.models import User
from core.accounts.password_rules import is_possible
from core.errors import ClientError

THREADS = 2
IN_HAND_AT_MOST = 64
RETRY_SECONDS = 5

T = TypeVar("T")


class Checked(NamedTuple):
    """Whether a password is right, and the hash to store from now on if the stored one is of an earlier kind."""

    is_right: bool
    new_hash: str | None = None


class Passwords:
    """Checks and makes hashes with Django's first hasher: few at once, and few wait."""

    def __init__(self, *, threads: int = THREADS, in_hand_at_most: int = IN_HAND_AT_MOST) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._places = BoundedSemaphore(in_hand_at_most)

    async def check(self, password: str, encoded: str | None) -> Checked:
        """Whether the password is the one; None stands for nobody's. A wrong one takes equally long either way.

        Errors: RATE_LIMITED.
        """
        if not is_possible(password):
            encoded = None

        def check() -> Checked:
            nobodys = self._nobodys  # The first to sign in makes it, under whatever login.
            if not encoded:
                return Checked(check_password("", nobodys))
            new_hashes: list[str] = []
            is_right = check_password(
                password, encoded, lambda right: new_hashes.append(make_password(right))
            )
            return Checked(is_right, *new_hashes)

        return await self._run(check)

    async def hashed(self, password: str) -> str:
        """The password's hash. Errors: RATE_LIMITED."""
        return await self._run(lambda: make_password(password))

    async def problem(self, password: str, person: User) -> str | None:
        """What is wrong with a person's new password, in words for them; None if nothing is.

        Errors: RATE_LIMITED.
        """

        def judge() -> str | None:
            try:
                validate_password(password, person)
            except ValidationError as error:
                return " ".join(error.messages)
            return None

        return await self._run(judge)

    @cached_property
    def _nobodys(self) -> str:
        """A hash for unknown logins, who wait as long as for a wrong password. Loads argon2."""
        return make_password(secrets.token_hex())

    def close(self) -> None:
        """Waits for what is being hashed; what waits is dropped."""
        self._threads.shutdown(cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise ClientError(
                "Many people are signing in at this moment. Try again in a few seconds.",
                "RATE_LIMITED",
                retryAfterSeconds=RETRY_SECONDS,
            )
        job = self._threads.submit(work)
        # The place is taken until the thread is done, even if nobody waits for it any more.
        job.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(job)
