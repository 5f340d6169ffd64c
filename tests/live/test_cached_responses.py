"""Anonymous clients get nothing that was hidden: cached responses end with it, in all processes, whatever their age."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from typing import NamedTuple

import httpx
import pytest

from core.database.database import Database
from tests.core.server.served import served
from tests.interactions.cast import hide_account
from tests.live.world import (
    TIMEOUT,
    Api,
    SignedInUser,
    eventually,
    operation,
    signed_in,
    signed_in_again,
    websocket_client,
)

LONG = 60
"""Seconds for which answers would be kept if nothing were hidden."""
QUERY = """
query($post: ID!, $comment: ID!) {
    post(id: $post) { text comments { edges { node { text } } } }
    node(id: $comment) { id }
    publicFeed { edges { node { id text } } }
}
"""
SEARCH = """
{
    searchPosts(query: "#brandnew") { edges { node { text } } }
    users: searchUsers(query: "Augusta") { edges { node { displayName } } }
    ...Tags
}
fragment Tags on Query { searchHashtags(prefix: "brandn") { edges { node { name } } } }
"""


class Scene(NamedTuple):
    """Two servers of one database, and a post with a comment."""

    database: Database
    apis: list[Api]
    clients: list[httpx.AsyncClient]
    author: SignedInUser
    other: SignedInUser
    post: str
    comment: str
    query: str = QUERY

    async def seen(self, server: int, *, by_get: bool = False) -> httpx.Response:
        """What an anonymous client gets of the post and the comment."""
        client, variables = self.clients[server], {"post": self.post, "comment": self.comment}
        sent = {"query": self.query, "variables": variables}
        if by_get:
            text = f'{{"post":"{self.post}","comment":"{self.comment}"}}'
            return await client.get("/graphql/", params={"query": self.query, "variables": text})
        return await client.post("/graphql/", json=sent)

    async def lacks(self, server: int, text: str) -> bool:
        return text not in (await self.seen(server)).text


@pytest.fixture(scope="module")
def addresses(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[str]]:
    """Two servers, each a process of its own."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                served(tmp_path_factory.mktemp("server"), BYTE_CACHE_SECONDS=str(LONG))
            )
            for _ in range(2)
        ]
        for server in servers:
            asyncio.run(server.becomes_ready(1))
        yield [server.address for server in servers]


@pytest.fixture
async def scene(addresses: list[str], database: Database) -> AsyncIterator[Scene]:
    author, other = await signed_in(database, 2)
    async with AsyncExitStack() as stack:
        apis, clients = [Api(address) for address in addresses], []
        for api in apis:
            stack.push_async_callback(api.close)
        for address in addresses:
            client = httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT)
            clients.append(await stack.enter_async_context(client))
        post = (await apis[0].change(author, "CreatePost", text="A secret."))["post"]["id"]
        comment = await apis[0].change(other, "CreateComment", postId=post, text="A whisper.")
        for address in addresses:
            await has_caught_up(address, apis[0], other, post)
        yield Scene(database, apis, clients, author, other, post, comment["comment"]["id"])


async def has_caught_up(address: str, api: Api, liker: SignedInUser, post: str) -> None:
    """Returns when the server has read the events of now, among which are those of earlier tests."""
    async with websocket_client(address) as watcher:
        await watcher.subscribe("1", operation("PostInteractions"), postIds=[post])
        assert (await watcher.event())["__typename"] == "SubscriptionReady"
        await api.change(liker, "LikePost", postId=post)
        assert (await watcher.event())["__typename"] == "PostLiked"
        await api.change(liker, "UnlikePost", postId=post)


async def delete_post(scene: Scene) -> None:
    await scene.apis[0].change(scene.author, "DeletePost", postId=scene.post)


async def go_private(scene: Scene) -> None:
    await scene.apis[0].change(scene.author, "UpdateProfile", isPrivate=True)


async def delete_account(scene: Scene) -> None:
    await hide_account(scene.database, scene.author.key)


async def delete_account_without_sessions(scene: Scene) -> None:
    await scene.database.write("DELETE FROM sessions")
    await hide_account(scene.database, scene.author.key)


async def go_private_in_the_admin(scene: Scene) -> None:
    await scene.database.write("UPDATE users SET is_private = true WHERE id = $1", scene.author.key)


HIDINGS = [
    delete_post,
    go_private,
    delete_account,
    delete_account_without_sessions,
    go_private_in_the_admin,
]


async def kept_by_all(scene: Scene) -> Scene:
    """The scene, with a query whose answers both processes keep although the post has changed.

    What an earlier test has hidden may still end cached responses. So other queries are tried until one stays.
    """
    for spaces in range(20):
        scene = scene._replace(query=QUERY + " " * spaces)
        await scene.database.write("UPDATE posts SET text = 'A secret.'")
        for server in (0, 1):
            for by_get in (False, True):
                assert "A secret." in (await scene.seen(server, by_get=by_get)).text
        await scene.database.write("UPDATE posts SET text = 'Changed.'")
        answers = [(await scene.seen(server)).text for server in (0, 1)]
        if all("A secret." in answer for answer in answers):
            return scene
    raise AssertionError("No answer was kept.")


@pytest.mark.parametrize("hide", HIDINGS)
async def test_what_is_hidden_leaves_the_cached_responses_of_all_processes(
    scene: Scene, hide: Callable[[Scene], Awaitable[None]]
) -> None:
    scene = await kept_by_all(scene)
    await hide(scene)
    for server in (1, 0):
        await eventually(partial(scene.lacks, server, "A secret."))
        for by_get in (False, True):
            answer = (await scene.seen(server, by_get=by_get)).json()["data"]
            assert answer == {"post": None, "node": None, "publicFeed": {"edges": []}}


@pytest.mark.parametrize("hide", [delete_post, go_private])
async def test_the_process_that_hides_serves_no_cached_response_from_then_on(
    scene: Scene, hide: Callable[[Scene], Awaitable[None]]
) -> None:
    for _ in range(5):
        assert (await scene.seen(0)).json()["data"]["post"] is not None
        await hide(scene)
        assert (await scene.seen(0)).json()["data"]["post"] is None
        await scene.apis[0].change(scene.author, "UpdateProfile", isPrivate=False)
        payload = await scene.apis[0].change(scene.author, "CreatePost", text="A secret.")
        scene = scene._replace(post=payload["post"]["id"])


async def test_a_deleted_comment_leaves_cached_responses(scene: Scene) -> None:
    for server in (0, 1):
        assert "A whisper." in (await scene.seen(server)).text
    await scene.apis[0].change(scene.other, "DeleteComment", commentId=scene.comment)
    assert "A whisper." not in (await scene.seen(0)).text
    await eventually(partial(scene.lacks, 1, "A whisper."))
    answer = (await scene.seen(1)).json()["data"]
    assert answer["node"] is None
    assert answer["post"]["comments"] == {"edges": []}


async def all_is_read(scene: Scene) -> None:
    """Returns when both servers have read the log up to now: they refuse a session that has been ended."""
    user = await signed_in_again(scene.database, scene.author.key)
    await scene.database.write(
        "UPDATE sessions SET revoked_at = now() WHERE id = $1", user.session_id
    )

    async def is_refused(server: int) -> bool:
        headers = {"authorization": user.authorization}
        sent = {"query": "{ account { id } }"}
        answer = await scene.clients[server].post("/graphql/", json=sent, headers=headers)
        return answer.status_code == 401

    for server in (0, 1):
        await eventually(partial(is_refused, server))


async def test_other_writes_leave_cached_responses(scene: Scene) -> None:
    """They end by their age: a like a millisecond must not make keeping useless."""
    await all_is_read(scene)
    kept = [(await scene.seen(server)).text for server in (0, 1)]
    await scene.apis[0].change(scene.other, "LikePost", postId=scene.post)
    await scene.apis[0].change(scene.other, "FollowUser", userId=scene.author.id)
    await scene.apis[0].change(scene.author, "CreatePost", text="Another.")
    await scene.apis[0].change(scene.author, "UpdateProfile", bio="New.")
    await all_is_read(scene)
    assert [(await scene.seen(server)).text for server in (0, 1)] == kept


async def test_a_search_finds_what_holds_now(scene: Scene) -> None:
    """In each process and by each method, however short a time ago the same was searched for."""
    scene = scene._replace(query=SEARCH)
    for text, name, found in [
        ("Something #brandnew.", "Augusta", 1),
        ("Something else.", "Ada", 0),
        ("This is #brandnew.", "Augusta King", 1),
    ]:
        await scene.apis[0].change(scene.author, "EditPost", postId=scene.post, text=text)
        await scene.apis[0].change(scene.author, "UpdateProfile", displayName=name)
        for server in (0, 1):
            for by_get in (False, True):
                answer = (await scene.seen(server, by_get=by_get)).json()["data"]
                assert [len(each["edges"]) for each in answer.values()] == [found] * 3, answer
                if found:
                    assert answer["searchPosts"]["edges"][0]["node"]["text"] == text
                    assert answer["users"]["edges"][0]["node"]["displayName"] == name


async def test_a_name_that_was_taken_a_moment_ago_is_not_free(scene: Scene) -> None:
    scene = scene._replace(query='{ usernameAvailability(username: "newcomer") { isAvailable } }')
    for is_free in (True, False):
        for server in (0, 1):
            for by_get in (False, True):
                answer = (await scene.seen(server, by_get=by_get)).json()["data"]
                assert answer == {"usernameAvailability": {"isAvailable": is_free}}
        name = "UPDATE users SET username = 'newcomer' WHERE id = $1"
        await scene.database.write(name, scene.other.key)
