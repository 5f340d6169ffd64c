"""Passwords, hashed off the event loop."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from threading import BoundedSemaphore
from typing import TypeVar

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from core.accounts.models import User
from core.graphql.errors import ClientError

PASSWORD_LENGTH_AT_LEAST = 8
PASSWORD_LENGTH_AT_MOST = 128
THREADS = 2
IN_HAND_AT_MOST = 64
RETRY_SECONDS = 5

T = TypeVar("T")


class Passwords:
    """Checks and makes hashes with Django's first hasher: few at once, and few wait."""

    def __init__(self, *, threads: int = THREADS, in_hand_at_most: int = IN_HAND_AT_MOST) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._places = BoundedSemaphore(in_hand_at_most)

    async def matches(self, password: str, encoded: str | None) -> bool:
        """Whether the password is the one; None stands for nobody's. Takes equally long either way.

        Errors: RATE_LIMITED.
        """
        if _form_problem(password):
            encoded = None

        def check() -> bool:
            nobodys = self._nobodys  # The first to sign in makes it, under whatever login.
            return check_password(password, encoded) if encoded else check_password("", nobodys)

        return await self._run(check)

    async def hashed(self, password: str) -> str:
        """The password's hash. Errors: RATE_LIMITED."""
        return await self._run(lambda: make_password(password))

    async def problem(self, password: str, person: User) -> str | None:
        """What is wrong with a person's new password, in words for them; None if nothing is.

        Errors: RATE_LIMITED.
        """
        form_problem = _form_problem(password)
        if form_problem:
            return form_problem

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


def _form_problem(password: str) -> str | None:
    """Why it can be nobody's password; None if it can be somebody's."""
    if len(password) > PASSWORD_LENGTH_AT_MOST:
        return f"A password has at most {PASSWORD_LENGTH_AT_MOST} characters."
    # JSON can carry halves of characters, which nothing can be hashed from.
    if any("\ud800" <= character <= "\udfff" for character in password):
        return "A password can't have halves of characters."
    return None
