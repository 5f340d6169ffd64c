"""Likes the newest post and waits for the event of it, by the client that ariadne-codegen has generated."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from datetime import datetime

from feed_client import Client, LikePostInput
from feed_client.post_interactions import PostInteractionsPostInteractionsPostLiked as PostLiked


def signed_in(url: str, websocket_url: str, token: str) -> Client:
    authorization = f"Bearer {token}"
    return Client(
        url=url,
        headers={"Authorization": authorization},
        ws_url=websocket_url,
        ws_connection_init_payload={"authorization": authorization},
    )


async def like_newest(client: Client) -> int:
    feed = (await client.public_feed(first=1)).public_feed
    newest = feed.edges[0].node
    created_at: datetime = newest.created_at
    assert created_at.tzinfo is not None
    events = client.post_interactions(post_ids=[newest.id], after=feed.event_cursor)
    try:
        assert (await anext(events)).post_interactions.typename__ == "SubscriptionReady"
        key = "ariadne-1"
        liked = await client.like_post(LikePostInput(postId=newest.id, clientMutationId=key))
        assert (liked.like_post.changed, liked.like_post.errors) == (True, [])
        async for interaction in events:
            event = interaction.post_interactions
            if isinstance(event, PostLiked) and event.client_mutation_id == key:
                return event.post.like_count
        raise AssertionError("The subscription ended.")
    finally:
        if isinstance(events, AsyncGenerator):
            await events.aclose()


async def main() -> None:
    async with signed_in(*sys.argv[1:]) as client:
        print(await like_newest(client))


if __name__ == "__main__":
    asyncio.run(main())
