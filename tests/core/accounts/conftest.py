"""What accounts keep for a process, and people who ask."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from core.accounts.login_throttle import login_throttle_on
from core.accounts.passwords import Passwords
from core.accounts.sessions import Accounts
from core.accounts.tokens import AccessTokens, RefreshTokens
from core.context import Services
from tests.core.accounts.world import Asker


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    """The run's Valkey, empty."""
    opened = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    await opened.flushdb()
    yield opened
    await opened.aclose()


@pytest.fixture
async def accounts(redis: Redis) -> AsyncIterator[Accounts]:
    """What a server keeps to sign people in."""
    passwords = Passwords()
    attempts = login_throttle_on(os.environ["REDIS_URL"], 50)
    yield Accounts(
        access_tokens=AccessTokens(b"for tests"),
        refresh_tokens=RefreshTokens(b"for tests"),
        passwords=passwords,
        attempts=attempts,
        access_token_life=timedelta(minutes=15),
        refresh_token_life=timedelta(days=30),
    )
    passwords.close()
    attempts.close()


@pytest.fixture
def anybody(services: Services, accounts: Accounts) -> Asker:
    """Somebody who is not signed in."""
    services.register(accounts)
    return Asker(services)
