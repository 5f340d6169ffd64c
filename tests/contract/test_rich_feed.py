"""The home feed of W2 takes few statements, whatever its posts have."""

from __future__ import annotations

import pytest

from core.context import Services
from tests.contract.rich_feed import ALL_RICH, RICH_FEED
from tests.contract.test_statements import create_crowd
from tests.core.accounts.world import ApiClient

MAX_RICH_STATEMENTS = 7


@pytest.mark.usefixtures("known_horizon")
async def test_a_feed_of_rich_posts_takes_seven_statements(services: Services) -> None:
    users = await create_crowd(services.database)
    async with services.database.connection() as connection:
        await connection.execute(ALL_RICH)
    client = ApiClient(services, users[0])
    ran = {}
    for first in (1, 50):
        page = await client.data(RICH_FEED, first=first)
        assert len(page["edges"]) == first
        ran[first] = sorted(client.ran)
    assert ran[1] == ran[50]
    assert len(ran[50]) <= MAX_RICH_STATEMENTS, "\n\n".join(ran[50])
    node = page["edges"][0]["node"]
    mentions = [each["mention"]["username"] for each in node["textSegments"] if each["mention"]]
    assert mentions == ["p8", "p9"]
    assert node["quote"]["state"] == "VISIBLE"
    assert len(node["media"]) == 4
