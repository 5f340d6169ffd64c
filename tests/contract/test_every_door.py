"""Whatever a viewer asks for, does or listens to, nothing of what is hidden from them is in the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from inspect import isawaitable
from typing import Any

import pytest
from graphql import GraphQLInterfaceType, OperationType, print_ast

from core.accounts.sessions import Accounts
from core.config.schema import graphql_schema
from core.context import Context, Services
from core.database.database import Database
from core.execution import Executor
from core.ids import global_id
from tests.contract.doors import Door, doors
from tests.contract.marked import NOBODY, VIEWERS, Marked, texts
from tests.core.accounts.conftest import accounts, redis
from tests.live.world import Api, Person, phone, signed_in_again

__all__ = ["accounts", "redis"]

EXECUTOR = Executor(graphql_schema)
DEPTH = 3
EVENT_DEPTH = 2
"""What the limits of a request allow."""
LAST = "The last word."
Json = dict[str, Any]


@pytest.fixture
async def marked(services: Services, accounts: Accounts) -> AsyncIterator[Marked]:
    services.register(accounts)
    made = Marked(services)
    await made.make()
    yield made
    await made.drop()
    await services.group_commits.close()


async def enter(marked: Marked, viewer: str, door: Door) -> Json:
    """The data of the answer."""
    viewer_id = None if viewer == "anonymous" else marked.key.get(viewer, NOBODY)
    result: Any = EXECUTOR.execute(
        door.document, variables=door.variables, context=Context(marked.services, viewer_id)
    )
    if isawaitable(result):
        result = await result
    codes = {error.extensions.get("code") for error in result.errors or () if error.extensions}
    assert codes <= {"UNAUTHENTICATED", "INVALID_CURSOR"}, result.errors
    return dict(result.data or {})


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_no_query_shows_what_is_hidden(marked: Marked, viewer: str) -> None:
    shown = set()
    for door in doors(OperationType.QUERY, marked.values(), depth=DEPTH):
        data = await enter(marked, viewer, door)
        assert await marked.leaks(viewer, door.field, data) == [], (door.field, door.variables)
        shown |= {text for _, text in texts(data, ())}
    # There is something to be found.
    seen = {"POST target", "BIO target", "COMMENT target", "NAME target", "target_login"} & shown
    named = {"NAME target", "target_login"}
    assert seen == {"blocked": set(), "blocker": named, "mutual": named}.get(
        viewer, {"POST target", "BIO target", "COMMENT target", *named}
    )


@pytest.mark.parametrize("viewer", [viewer for viewer in VIEWERS if viewer != "anonymous"])
async def test_no_payload_shows_what_is_hidden(marked: Marked, viewer: str) -> None:
    for door in doors(OperationType.MUTATION, marked.values(), depth=DEPTH):
        data = await enter(marked, viewer, door)
        assert await marked.leaks(viewer, door.field, data) == [], (door.field, door.variables)
        await marked.restore()


@pytest.mark.parametrize("viewer", ["follower", "blocker", "blocked", "muter", "anonymous"])
async def test_no_event_shows_what_is_hidden(
    address: str, api: Api, database: Database, marked: Marked, viewer: str
) -> None:
    people = {
        name: await signed_in_again(database, marked.key[name]) for name in ("target", "host")
    }
    watcher = people.get(viewer) or (
        None if viewer == "anonymous" else await signed_in_again(database, marked.key[viewer])
    )
    heard: list[tuple[str, Json]] = []
    waiting: set[str] = set()
    async with phone(address, watcher.authorization if watcher else None) as listener:
        for door in doors(OperationType.SUBSCRIPTION, marked.values(), depth=EVENT_DEPTH):
            if watcher is not None or door.field != "homeFeedEvents":
                name = f"{door.field} {door.member}"
                await listener.subscribe(name, print_ast(door.document), **door.variables)
                assert "SubscriptionReady" in str(await listener.hear())
                waiting.add(name)
        for who in (people["target"], people["host"]):
            await do_everything(api, who, marked)
        last: dict[str, str] = {}
        while waiting:
            message = await listener.hear()
            assert message["type"] == "next", message
            assert "errors" not in message["payload"], message
            field = message["id"].split()[0]
            heard.append((message["id"], message["payload"]["data"]))
            event = message["payload"]["data"][field]
            about = event.get("comment") or event.get("edge", {}).get("node", {})
            if about.get("text") == LAST:
                last[field] = event["cursor"]
            # All subscriptions to a field give an event the same cursor.
            waiting -= {
                name
                for name, data in heard
                if (found := data.get(name.split()[0])) and found["cursor"] in last.values()
            }
    for name, data in heard:
        assert await marked.leaks(viewer, name.split()[0], data) == []
    if viewer == "follower":
        types = {next(iter(data.values()))["__typename"] for _, data in heard}
        members = {
            member.name
            for name in ("PostInteraction", "HomeFeedEvent")
            for member in graphql_schema.get_possible_types(interface(name))
        }
        assert types == members - {"SubscriptionReady", "ResyncRequired"}


def interface(name: str) -> GraphQLInterfaceType:
    found = graphql_schema.type_map[name]
    assert isinstance(found, GraphQLInterfaceType)
    return found


async def do_everything(api: Api, who: Person, marked: Marked) -> None:
    """Each thing of which an event tells, on the host's post and by one's own; the last of them names itself."""
    post = global_id("Post", marked.posts["host"])
    for undo, do in (("UnlikePost", "LikePost"), ("UnsharePost", "SharePost")):
        await api.change(who, undo, postId=post)
        await api.change(who, do, postId=post)
    comment = (await api.change(who, "CreateComment", postId=post, text="A word."))["comment"]
    await api.change(who, "DeleteComment", commentId=comment["id"])
    mine = (await api.change(who, "CreatePost", text="A post."))["post"]["id"]
    await api.change(who, "DeletePost", postId=mine)
    name = next(name for name, key in marked.key.items() if key == who.key)
    own = global_id("Post", marked.posts[name])
    await api.change(who, "EditPost", postId=own, text=f"POST {name}, edited")
    if name == "target":
        await api.change(who, "DeletePost", postId=own)
    else:
        await api.change(who, "CreateComment", postId=post, text=LAST)
        await api.change(who, "CreatePost", text=LAST)
