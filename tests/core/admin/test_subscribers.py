"""A change in the admin wakes the readers of the event log in every process, which else poll once a second."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from redis import Redis

from core.config.environment import environment
from core.events.notifier import CHANNEL
from tests.core.server.served import TIMEOUT, served


@pytest.mark.usefixtures("django_db_setup")
async def test_a_form_that_is_sent_to_the_admin_wakes_the_readers(tmp_path: Path) -> None:
    with (
        served(tmp_path) as server,
        Redis.from_url(environment().redis_url) as redis,
        redis.pubsub() as subscription,
    ):
        await server.becomes_ready(1)
        subscription.subscribe(CHANNEL)
        assert subscription.get_message(timeout=TIMEOUT)["type"] == "subscribe"
        async with httpx.AsyncClient(base_url=f"http://{server.address}", timeout=20) as client:
            await client.get("/admin/login/", timeout=TIMEOUT)
            await client.post("/admin/login/", timeout=TIMEOUT)
            assert subscription.get_message(timeout=TIMEOUT)["type"] == "message"
            assert subscription.get_message(timeout=0.1) is None
