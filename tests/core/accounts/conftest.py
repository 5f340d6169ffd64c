"""The parts of a server that sign users in, and API clients."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from core.accounts.login_throttle import shared_login_throttle
from core.accounts.passwords import Passwords
from core.accounts.sessions import Accounts
from core.accounts.tokens import AccessTokens, RefreshTokens
from core.context import Services
from tests.core.accounts.world import ApiClient


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    """The run's Valkey, empty."""
    opened = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    await opened.flushdb()
    yield opened
    await opened.aclose()


@pytest.fixture
async def accounts(redis: Redis) -> AsyncIterator[Accounts]:
    """What a server process needs to sign users in."""
    passwords = Passwords()
    login_throttle = shared_login_throttle(os.environ["REDIS_URL"], 50)
    yield Accounts(
        access_tokens=AccessTokens(b"for tests"),
        refresh_tokens=RefreshTokens(b"for tests"),
        passwords=passwords,
        login_throttle=login_throttle,
        access_token_life=timedelta(minutes=15),
        refresh_token_life=timedelta(days=30),
    )
    passwords.close()
    login_throttle.close()


@pytest.fixture
def anonymous(services: Services, accounts: Accounts) -> ApiClient:
    """A client that is not signed in."""
    services.register(accounts)
    return ApiClient(services)
