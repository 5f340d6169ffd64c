"""Very many likes cost their recipient a bounded number of rows and pushes. `crowd.py` does the same for 100,000."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from core.database.database import Database
from interactions.notifications.consumers import EVENTS_AT_ONCE
from interactions.notifications.groups import KEPT_ACTORS
from interactions.push.services import SHORTEST_PAUSE
from tests.interactions.push.browser import Browser
from tests.interactions.push.crowd import crowd_likes
from tests.interactions.push.receiver import Receiver

LIKES = 3_000


@pytest.mark.timeout(180)
async def test_very_many_likes_cost_few_rows_and_pushes(
    database: Database, receiver: Receiver, certificate: Path
) -> None:
    found = await crowd_likes(database, receiver, Browser(), LIKES, certificate)
    assert (found.notifications, found.counted, found.actors) == (1, LIKES, KEPT_ACTORS)
    # One for each batch, and each step of likes may end with a small one.
    assert found.events < LIKES / EVENTS_AT_ONCE + 10
    # Each pause is as long as the notification has existed.
    assert 1 <= len(found.pushes) <= 2 + math.log2(found.seconds / SHORTEST_PAUSE)
    assert len({push.headers["topic"] for push in found.pushes}) == 1
    assert found.jobs <= 1
