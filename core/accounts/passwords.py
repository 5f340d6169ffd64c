"""Hashes and checks passwords off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import NamedTuple, TypeVar

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from core.accounts.models import User
from core.accounts.password_rules import is_possible
from core.errors import ClientError, InputRules

THREADS = 2
MAX_PENDING = 64
RETRY_SECONDS = 5

T = TypeVar("T")


class PasswordCheck(NamedTuple):
    """Whether a password is correct, and a new hash to store if the stored one uses an older hasher."""

    is_correct: bool
    new_hash: str | None = None


class Passwords:
    """Hashes and checks passwords in a small thread pool with a bounded queue."""

    def __init__(self, *, threads: int = THREADS, pending_at_most: int = MAX_PENDING) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._slots = BoundedSemaphore(pending_at_most)

    async def check(self, password: str, encoded: str | None) -> PasswordCheck:
        """Whether the password matches the hash. None, for an unknown login, takes as long as a wrong password.

        Errors: RATE_LIMITED.
        """
        if not is_possible(password):
            encoded = None

        def check() -> PasswordCheck:
            if not encoded:
                make_password("")  # Takes as long as the check of a wrong password.
                return PasswordCheck(is_correct=False)
            new_hashes: list[str] = []
            is_correct = check_password(
                password, encoded, lambda raw: new_hashes.append(make_password(raw))
            )
            return PasswordCheck(is_correct, *new_hashes)

        return await self._run(check)

    async def hashed(self, password: str) -> str:
        """The password's hash. Errors: RATE_LIMITED."""
        return await self._run(lambda: make_password(password))

    async def problem(self, password: str, user: User) -> str | None:
        """Why the user can't have this new password, as a message for them; None if they can.

        Errors: RATE_LIMITED.
        """

        def validate() -> str | None:
            try:
                validate_password(password, user)
            except ValidationError as error:
                return " ".join(error.messages)
            return None

        return await self._run(validate)

    async def hashed_new(self, rules: InputRules, field: str, password: str, user: User) -> str:
        """The hash of the user's new password, which is in that field of the input that the rules validate.

        Errors: MutationRefused (INVALID_INPUT), with the problems of all fields; RATE_LIMITED.
        """
        problem = await self.problem(password, user)
        if problem is not None:
            rules.reject(field, problem)
        rules.raise_problems()
        return await self.hashed(password)

    def close(self) -> None:
        """Waits for running work and cancels queued work."""
        self._threads.shutdown(cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if not self._slots.acquire(blocking=False):
            raise ClientError(
                "Too many users are signing in at the moment. Try again in a few seconds.",
                "RATE_LIMITED",
                retryAfterSeconds=RETRY_SECONDS,
            )
        job = self._threads.submit(work)
        # The slot is held until the thread is done, even if the caller is cancelled.
        job.add_done_callback(lambda _: self._slots.release())
        return await asyncio.wrap_future(job)
