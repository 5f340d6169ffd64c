"""What a client has missed comes at the pace at which it reads."""

from __future__ import annotations

from core.database.database import Database
from feed.services import post_create
from tests.live.test_failures import small_socket
from tests.live.world import Api, signed_in, websocket_client

COUNT = 300
TEXTS = " ".join(f"t{number}: text" for number in range(25))
WATCH = f"""
subscription($after: String) {{
  homeFeedEvents(after: $after) {{
    __typename
    cursor
    ... on FeedEntryAdded {{ edge {{ node {{ id {TEXTS} }} }} }}
  }}
}}
"""
"""11 MB of events, more than all buffers take."""


async def test_a_client_that_reads_gets_all_that_it_has_missed(
    address: str, api: Api, database: Database
) -> None:
    author, reader = await signed_in(database, 2)
    await api.change(reader, "FollowUser", userId=author.id)
    async with websocket_client(address, reader.authorization) as watcher:
        ready = await watcher.watch_home()
        for _ in range(COUNT):
            await post_create(database, author_id=author.key, text="字" * 500)
        await watcher.events(COUNT)  # So none of them is live for who resumes.
    socket = small_socket(int(address.rpartition(":")[2]))
    async with websocket_client(address, reader.authorization, socket=socket) as watcher:
        await watcher.subscribe("1", WATCH, after=ready["cursor"])
        received = [(await watcher.event())["__typename"] for _ in range(COUNT + 1)]
    assert received == ["SubscriptionReady", *["FeedEntryAdded"] * COUNT]
