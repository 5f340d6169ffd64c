"""Passwords, hashed off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from core.accounts.models import User
from core.graphql.errors import ClientError

PASSWORD_LENGTH_AT_LEAST = 8
PASSWORD_LENGTH_AT_MOST = 128
THREADS = 2
WAITING_AT_MOST = 64

T = TypeVar("T")


class Passwords:
    """Checks and makes hashes with Django's first hasher, Argon2.

    A hash takes about 50 ms of a core and 100 MiB, so few are made at once, and few wait.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._under_way = 0
        # Whoever signs in under an unknown login waits as long as for a wrong password.
        self._nobodys = make_password("nobody's")

    async def matches(self, password: str, encoded: str | None) -> bool:
        """Whether the password is the one; None stands for nobody's. Takes equally long either way."""
        right = await self._run(lambda: check_password(password, encoded or self._nobodys))
        return right and encoded is not None

    async def hashed(self, password: str) -> str:
        """The password's hash."""
        return await self._run(lambda: make_password(password))

    async def problem(self, password: str, username: str, email: str) -> str | None:
        """What is wrong with a new password, in words for a person; None if nothing is."""
        if len(password) > PASSWORD_LENGTH_AT_MOST:
            return f"A password has at most {PASSWORD_LENGTH_AT_MOST} characters."

        def judge() -> str | None:
            try:
                validate_password(password, User(username=username, email=email))
            except ValidationError as error:
                return " ".join(error.messages)
            return None

        return await self._run(judge)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._under_way >= WAITING_AT_MOST:
            raise ClientError(
                "Many people are signing in at this moment. Try again in a few seconds.",
                "RATE_LIMITED",
            )
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1
