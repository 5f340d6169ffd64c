"""No query, mutation or subscription shows a viewer what is hidden from them."""

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
from tests.contract.entry_points import EntryPoint, entry_points
from tests.contract.marked_world import MISSING_USER, VIEWERS, MarkedWorld, texts
from tests.contract.saved_world import saved_world
from tests.core.accounts.conftest import accounts, redis
from tests.empty_tables import EmptyingSession
from tests.live.world import Api, SignedInUser, signed_in_again, websocket_client

__all__ = ["accounts", "redis"]

EXECUTOR = Executor(graphql_schema)
DEPTH = 3
EVENT_DEPTH = 2
"""The depth that the request limits allow."""
LAST = "The last word."
NOT_HERE = "notificationEvents"
"""Its events are made by the worker: tests/live/test_notification_events.py has them."""
Json = dict[str, Any]


@pytest.fixture(scope="module")
async def created(emptying_session: EmptyingSession) -> AsyncIterator[MarkedWorld]:
    async def create(services: Services) -> MarkedWorld:
        world = MarkedWorld(services)
        await world.create()
        await services.database.write("DELETE FROM events")
        return world

    async with saved_world(emptying_session, create) as world:
        yield world


@pytest.fixture
async def marked(
    created: MarkedWorld, services: Services, accounts: Accounts, emptying_session: EmptyingSession
) -> AsyncIterator[MarkedWorld]:
    services.register(accounts)
    world = created.with_services(services)
    await world.restore(emptying_session)
    yield world
    await services.group_commits.close()


async def execute(marked: MarkedWorld, viewer: str, entry_point: EntryPoint) -> Json:
    """The data of the response."""
    viewer_id = None if viewer == "anonymous" else marked.key.get(viewer, MISSING_USER)
    result: Any = EXECUTOR.execute(
        entry_point.document,
        variables=entry_point.variables,
        context=Context(marked.services, viewer_id),
    )
    if isawaitable(result):
        result = await result
    codes = {error.extensions.get("code") for error in result.errors or () if error.extensions}
    assert codes <= {"UNAUTHENTICATED", "INVALID_CURSOR"}, result.errors
    return dict(result.data or {})


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_no_query_shows_what_is_hidden(marked: MarkedWorld, viewer: str) -> None:
    shown = set()
    for entry_point in entry_points(OperationType.QUERY, marked.values(), depth=DEPTH):
        data = await execute(marked, viewer, entry_point)
        assert await marked.leaks(viewer, entry_point.field, data) == [], (
            entry_point.field,
            entry_point.variables,
        )
        shown |= {text for _, text in texts(data)}
    # The search is effective: what is visible was found.
    marks = {"POST target", "BIO target", "COMMENT target", "PICTURE target"}
    seen = {*marks, "NAME target", "target_login"} & shown
    named = {"NAME target", "target_login"}
    assert seen == {"blocked": set(), "blocker": named, "mutual": named}.get(
        viewer, {*marks, *named}
    )


@pytest.mark.parametrize("viewer", [viewer for viewer in VIEWERS if viewer != "anonymous"])
async def test_no_payload_shows_what_is_hidden(
    marked: MarkedWorld, emptying_session: EmptyingSession, viewer: str
) -> None:
    for entry_point in entry_points(OperationType.MUTATION, marked.values(), depth=DEPTH):
        data = await execute(marked, viewer, entry_point)
        assert await marked.leaks(viewer, entry_point.field, data) == [], (
            entry_point.field,
            entry_point.variables,
        )
        await marked.restore(emptying_session)


@pytest.mark.parametrize("viewer", ["follower", "blocker", "blocked", "muter", "anonymous"])
async def test_no_event_shows_what_is_hidden(
    address: str, api: Api, database: Database, marked: MarkedWorld, viewer: str
) -> None:
    actors = {
        name: await signed_in_again(database, marked.key[name]) for name in ("target", "host")
    }
    subscriber = actors.get(viewer) or (
        None if viewer == "anonymous" else await signed_in_again(database, marked.key[viewer])
    )
    received: list[tuple[str, Json]] = []
    waiting: set[str] = set()
    async with websocket_client(
        address, subscriber.authorization if subscriber else None
    ) as listener:
        for entry_point in entry_points(
            OperationType.SUBSCRIPTION, marked.values(), depth=EVENT_DEPTH
        ):
            if entry_point.field == NOT_HERE:
                continue
            if subscriber is not None or entry_point.field != "homeFeedEvents":
                name = f"{entry_point.field} {entry_point.member}"
                await listener.subscribe(
                    name, print_ast(entry_point.document), **entry_point.variables
                )
                assert "SubscriptionReady" in str(await listener.receive())
                waiting.add(name)
        if subscriber is not None:
            for change in ("MuteUser", "UnmuteUser"):
                await api.change(subscriber, change, userId=actors["host"].id)
        for actor in (actors["target"], actors["host"]):
            await do_everything(api, actor, marked)
        last: dict[str, str] = {}
        while waiting:
            message = await listener.receive()
            assert message["type"] == "next", message
            assert "errors" not in message["payload"], message
            field = message["id"].split()[0]
            received.append((message["id"], message["payload"]["data"]))
            event = message["payload"]["data"][field]
            about = event.get("comment") or event.get("edge", {}).get("node", {})
            if about.get("text") == LAST:
                last[field] = event["cursor"]
            # All subscriptions to a field give an event the same cursor.
            waiting -= {
                name
                for name, data in received
                if (found := data.get(name.split()[0])) and found["cursor"] in last.values()
            }
    for name, data in received:
        assert await marked.leaks(viewer, name.split()[0], data) == []
    if viewer == "follower":
        types = {next(iter(data.values()))["__typename"] for _, data in received}
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


async def do_everything(api: Api, actor: SignedInUser, marked: MarkedWorld) -> None:
    """Causes every kind of event, on the host's post and on a post of the user; the last events have the text LAST."""
    post = global_id("Post", marked.posts["host"])
    for undo, do in (("UnlikePost", "LikePost"), ("UnsharePost", "SharePost")):
        await api.change(actor, undo, postId=post)
        await api.change(actor, do, postId=post)
    comment = (await api.change(actor, "CreateComment", postId=post, text="A word."))["comment"]
    await api.change(actor, "DeleteComment", commentId=comment["id"])
    comment = (await api.change(actor, "CreateComment", postId=post, text="A word."))["comment"]
    await api.change(actor, "EditComment", commentId=comment["id"], text="Another word.")
    new_post = (await api.change(actor, "CreatePost", text="A post."))["post"]["id"]
    await api.change(actor, "DeletePost", postId=new_post)
    name = next(name for name, key in marked.key.items() if key == actor.key)
    own_post = global_id("Post", marked.posts[name])
    await api.change(actor, "EditPost", postId=own_post, text=f"POST {name}, edited")
    if name == "target":
        await api.change(actor, "DeletePost", postId=own_post)
    else:
        await api.change(actor, "CreateComment", postId=post, text=LAST)
        await api.change(actor, "CreatePost", text=LAST)
