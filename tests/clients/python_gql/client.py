"""The configuration of gql that docs/clients/gql.md shows."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from gql import Client, GraphQLRequest
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport


def http_client(url: str, token: str) -> Client:
    headers = {"authorization": f"Bearer {token}"}
    return Client(transport=HTTPXAsyncTransport(url=url, headers=headers))


def websocket_client(url: str, token: str) -> Client:
    payload = {"authorization": f"Bearer {token}"}
    return Client(transport=WebsocketsTransport(url=url, init_payload=payload))


async def all_posts(client: Client, document: str, page: int = 20) -> AsyncGenerator[Any]:
    after = None
    async with client as session:
        while True:
            variables = {"first": page, "after": after}
            answer = await session.execute(GraphQLRequest(document, variable_values=variables))
            feed = answer["publicFeed"]
            for edge in feed["edges"]:
                yield edge["node"]
            if not feed["pageInfo"]["hasNextPage"]:
                return
            after = feed["pageInfo"]["endCursor"]


async def events(
    client: Client, document: str, post_ids: list[str], after: str | None = None
) -> AsyncGenerator[Any]:
    variables = {"postIds": post_ids, "after": after}
    async with client as session:
        async for data in session.subscribe(GraphQLRequest(document, variable_values=variables)):
            yield data["postInteractions"]
