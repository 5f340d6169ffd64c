"""A server with limits that a test reaches, and requests up to them."""

from __future__ import annotations

import os
from typing import Any

import httpx
from redis import Redis

from tests.live.world import SignedInUser

HOME = "query($first: Int!) { homeFeed(first: $first) { edges { cursor } } }"
SMALL: dict[str, Any] = {
    "max_cost": 1_000,
    "user_points_per_minute": 1_000,
    "address_points_per_minute": 20_000,
    "posts_per_hour": 3,
    "comments_per_hour": 3,
    "follows_per_hour": 2,
    "reactions_per_hour": 4,
    "sign_ups_per_hour": 2,
    "sign_ins_per_hour": 3,
    "byte_cache_seconds": 30,
}


def empty_buckets() -> None:
    """No tokens are taken yet: other tests have the same address and Valkey, and users with the same keys."""
    with Redis.from_url(os.environ["REDIS_URL"]) as valkey:
        valkey.flushdb()


async def post(
    address: str, query: str, user: SignedInUser | None = None, **variables: Any
) -> httpx.Response:
    headers = {"authorization": user.authorization} if user else {}
    sent = {"query": query, "variables": variables}
    async with httpx.AsyncClient(verify=False, timeout=20) as client:  # noqa: S501  # without TLS, so quicker
        return await client.post(f"http://{address}/graphql/", json=sent, headers=headers)


async def until_limited(
    address: str, query: str, user: SignedInUser | None = None, **variables: Any
) -> tuple[int, httpx.Response]:
    """How many requests were answered before the first that was not, and the answer to that."""
    for count in range(100):
        response = await post(address, query, user, **variables)
        if response.status_code == 429:
            return count, response
    raise AssertionError("no limit was reached")


def times(count: int, mutation: str) -> str:
    """The mutation so often in one operation; ten points each, and one for each object of the payload."""
    return "mutation {" + " ".join(f"m{n}: {mutation} {{ changed }}" for n in range(count)) + "}"


def limited(response: httpx.Response) -> dict[str, Any]:
    """The extensions of the one error, checked against the headers."""
    [error] = response.json()["errors"]
    extensions: dict[str, Any] = error["extensions"]
    assert (response.status_code, extensions["code"]) == (429, "RATE_LIMITED")
    assert response.headers["retry-after"] == str(extensions["retryAfterSeconds"])
    assert f"Try again in {extensions['retryAfterSeconds']} seconds." in error["message"]
    assert f"{extensions['allowed']:,} {extensions['limit']}" in error["message"]
    return extensions
