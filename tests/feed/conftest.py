"""Users whose home feeds are kept."""

from __future__ import annotations

import random

import pytest

from core.context import Services
from tests.feed.kept_feeds import Crowd


@pytest.fixture
def crowd(services: Services, request: pytest.FixtureRequest) -> Crowd:
    seed = getattr(request, "param", 0)
    return Crowd(services, random.Random(seed))
