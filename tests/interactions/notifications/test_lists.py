"""The list of notifications, how many were not seen, what marks them as seen, and settings."""

from __future__ import annotations

from typing import Any

import pytest

from core.accounts.profiles import profile_update
from core.accounts.services import (
    block_create,
    block_delete,
    follow_create,
    mute_create,
    mute_delete,
)
from core.context import Services
from core.database.database import Database
from feed.post_visibility import PostVisibility
from feed.services import post_create
from interactions.notifications.notification_rows import NotificationKind
from interactions.services import comment_create, comment_delete
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import create_posts, create_users, hide_account, present
from tests.interactions.notifications.inboxes import Work
from tests.interactions.reactions import comment_like, post_like, post_share

Json = dict[str, Any]


def nodes(page: Json) -> list[Json]:
    return [edge["node"] for edge in page["edges"]]


def card(node: Json) -> tuple[str, int, list[str], bool]:
    actors = [edge["node"]["username"] for edge in node["actors"]["edges"]]
    return node["kind"], node["actorCount"], actors, node["isSeen"]


async def test_the_list_has_what_others_did(database: Database, services: Services) -> None:
    author, *fans = await create_users(database, 5)
    [post] = await create_posts(database, author)
    commits = services.group_commits
    work = Work(database)
    for fan in fans:
        await post_like(commits, viewer_id=fan, target_id=post)
    await post_share(commits, viewer_id=fans[0], target_id=post)
    comment = present(
        (await comment_create(database, author_id=fans[1], post_id=post, text="Yes")).comment
    )
    await comment_create(
        database, author_id=author, post_id=post, parent_id=comment.id, text="@p3 thanks"
    )
    await comment_like(commits, viewer_id=author, target_id=comment.id)
    await work.do()
    client = ApiClient(services, author)
    page = await client.data("Notifications")
    assert list(map(card, nodes(page))) == [
        ("COMMENT", 1, ["p3"], False),
        ("SHARE", 1, ["p2"], False),
        ("LIKE", 4, ["p5", "p4", "p3"], False),
    ]
    assert page["unseen"] == {"count": 3, "capped": False}
    assert [node["summary"] for node in nodes(page)] == [
        "P3 commented on your post.",
        "P2 shared your post.",
        "P5 and 3 others liked your post.",
    ]
    assert nodes(page)[0]["comment"]["text"] == "Yes"
    assert {node["post"]["text"] for node in nodes(page)} == {"x"}
    assert client.statements <= 6
    of_fan = await ApiClient(services, fans[1]).data("Notifications")
    assert list(map(card, nodes(of_fan))) == [
        ("LIKE", 1, ["p1"], False),
        ("REPLY", 1, ["p1"], False),
    ]
    assert nodes(of_fan)[1]["comment"]["text"] == "@p3 thanks"
    assert (await client.data("Me"))["unseenNotifications"] == {"count": 3, "capped": False}
    found = await client.data(
        "query Q($id: ID!) { node(id: $id) { id ... on Notification { kind } } }",
        id=nodes(page)[2]["id"],
    )
    assert found == {"id": nodes(page)[2]["id"], "kind": "LIKE"}
    other = ApiClient(services, fans[0])
    assert await other.data("query Q($id: ID!) { node(id: $id) { id } }", id=found["id"]) is None


async def test_a_tombstone_notifies_nobody_even_before_the_worker_knows(
    database: Database, services: Services
) -> None:
    author, commenter, mentioned = await create_users(database, 3)
    [post] = await create_posts(database, author)
    comment = present(
        (await comment_create(database, author_id=commenter, post_id=post, text="@p3 look")).comment
    )
    await comment_create(
        database, author_id=mentioned, post_id=post, parent_id=comment.id, text="A reply"
    )
    await Work(database).do()
    readers = {author: ["COMMENT"], mentioned: ["MENTION"]}
    for reader, expected in readers.items():
        page = await ApiClient(services, reader).data("Notifications")
        assert [node["kind"] for node in nodes(page)] == expected
    await comment_delete(database, viewer_id=commenter, comment_id=comment.id)
    page = await ApiClient(services, mentioned).data("Notifications")
    assert (page["edges"], page["unseen"]["count"]) == ([], 0)
    page = await ApiClient(services, author).data("Notifications")
    assert list(map(card, nodes(page))) == [("COMMENT", 1, ["p3"], False)]


@pytest.mark.parametrize("why", ["blocks", "is blocked", "deleted", "private"])
async def test_a_mention_under_a_hidden_post_is_not_listed_even_before_the_worker_knows(
    database: Database, services: Services, why: str
) -> None:
    author, commenter, mentioned = await create_users(database, 3)
    [post], [own] = [await create_posts(database, user) for user in (author, mentioned)]
    work = Work(database)
    await post_like(services.group_commits, viewer_id=commenter, target_id=own)
    await work.do()
    await comment_create(database, author_id=commenter, post_id=post, text="@p3 look")
    await work.do()
    client = ApiClient(services, mentioned)
    page = await client.data("Notifications")
    mention, like = nodes(page)
    assert page["unseen"]["count"] == 2
    if why == "blocks":
        await block_create(services.group_commits, viewer_id=mentioned, user_id=author)
    elif why == "is blocked":
        await block_create(services.group_commits, viewer_id=author, user_id=mentioned)
    elif why == "deleted":
        await hide_account(database, author)
    else:
        await profile_update(database, viewer_id=author, is_private=True)
    shown = await client.data("Notifications")
    assert (nodes(shown), shown["unseen"]["count"]) == ([like], 1)
    older = await client.data(
        "query Q($after: String) { notifications(after: $after) { pageInfo { hasPreviousPage } } }",
        after=page["edges"][0]["cursor"],
    )
    assert older["pageInfo"]["hasPreviousPage"] is False
    node = await client.data("query Q($id: ID!) { node(id: $id) { id } }", id=mention["id"])
    assert node is None
    assert (await client.data("Me"))["unseenNotifications"]["count"] == 1


async def test_a_quote_notifies_who_may_see_it(database: Database, services: Services) -> None:
    author, quoter = await create_users(database, 2)
    [post] = await create_posts(database, author)
    client, work = ApiClient(services, author), Work(database)

    async def quote(visibility: PostVisibility) -> list[Json]:
        await post_create(
            database, author_id=quoter, text="q", quoted_post_id=post, visibility=visibility
        )
        await work.do()
        return nodes(await client.data("Notifications"))

    for visibility in (PostVisibility.FOLLOWERS, PostVisibility.MENTIONED):
        assert await quote(visibility) == []
        assert await database.fetch("SELECT FROM notifications") == []
    [notification] = await quote(PostVisibility.PUBLIC)
    assert card(notification) == ("QUOTE", 1, ["p2"], False)
    # Before the worker knows.
    await profile_update(database, viewer_id=quoter, is_private=True)
    page = await client.data("Notifications")
    assert (page["edges"], page["unseen"]["count"]) == ([], 0)


async def test_pages_by_kind_and_position(database: Database, services: Services) -> None:
    author, fan = await create_users(database, 2)
    posts = await create_posts(database, author, 5)
    commits = services.group_commits
    work = Work(database)
    for post in posts:
        await post_like(commits, viewer_id=fan, target_id=post)
        await post_share(commits, viewer_id=fan, target_id=post)
        await work.do()
    client = ApiClient(services, author)
    whole = nodes(await client.data("Notifications", first=100))
    assert [node["kind"] for node in whole] == ["SHARE", "LIKE"] * 5
    assert [node["latestAt"] for node in whole] == sorted(
        {node["latestAt"] for node in whole}, reverse=True
    )
    walked: list[Json] = []
    after = None
    while True:
        page = await client.data("Notifications", first=2, after=after, kinds=["LIKE"])
        walked += nodes(page)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert [node["id"] for node in walked] == [
        node["id"] for node in whole if node["kind"] == "LIKE"
    ]
    empty = await client.data("Notifications", first=0)
    assert (empty["edges"], empty["pageInfo"]["hasNextPage"]) == ([], True)
    assert empty["unseen"]["count"] == 10
    assert (await client.data("Notifications", kinds=[]))["edges"] == []
    # A cursor is of one list.
    for refused in (
        {"after": after},
        {"after": after, "kinds": ["SHARE"]},
        {"after": "x"},
        {"after": ""},
    ):
        result = await client.execute("Notifications", **refused)
        assert result["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"
    other = await ApiClient(services, fan).execute("Notifications", after=after, kinds=["LIKE"])
    assert other["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"
    anonymous = await ApiClient(services).execute("Notifications")
    assert anonymous["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_seen_moves_forward_only_and_marks_every_kind(
    database: Database, services: Services
) -> None:
    author, fan = await create_users(database, 2)
    posts = await create_posts(database, author, 3)
    commits = services.group_commits
    work = Work(database)
    for post in posts:
        await post_like(commits, viewer_id=fan, target_id=post)
        await post_share(commits, viewer_id=fan, target_id=post)
        await work.do()
    client = ApiClient(services, author)
    page = await client.data("Notifications", kinds=["LIKE"])
    middle, oldest = (page["edges"][index]["cursor"] for index in (1, 2))
    marked = await client.do("MarkNotificationsSeen", upTo=middle)
    assert marked == {
        "seenThrough": page["edges"][1]["node"]["latestAt"],
        "unseen": {"count": 3, "capped": False},
        "changed": True,
        "errors": [],
    }
    shown = nodes(await client.data("Notifications"))
    assert [node["isSeen"] for node in shown] == [False] * 3 + [True] * 3
    again = await client.do("MarkNotificationsSeen", upTo=oldest)
    assert again == {**marked, "changed": False}
    # What comes now begins anew, with another id.
    third = (await create_users(database, 1, first=3))[0]
    await post_like(commits, viewer_id=third, target_id=posts[0])
    await work.do()
    top = nodes(await client.data("Notifications"))[0]
    assert card(top) == ("LIKE", 1, ["p3"], False)
    assert top["id"] not in [node["id"] for node in shown]
    for cursor in ("garbage", "", "AAAA", page["edges"][0]["node"]["id"]):
        refused = await client.do("MarkNotificationsSeen", upTo=cursor)
        [error] = refused["errors"]
        assert (error["code"], error["path"]) == ("INVALID_INPUT", ["input", "upTo"])
        assert error["message"].startswith("This is no cursor of your notifications.")
    stolen = await ApiClient(services, fan).do("MarkNotificationsSeen", upTo=middle)
    assert stolen["errors"]
    assert (await client.data("Me"))["unseenNotifications"]["count"] == 4


async def test_one_rule_decides_about_list_count_and_actors(
    database: Database, services: Services
) -> None:
    author, a, b = await create_users(database, 3)
    [post] = await create_posts(database, author)
    commits = services.group_commits
    work = Work(database)
    for fan in (a, b):
        await post_like(commits, viewer_id=fan, target_id=post)
    await post_share(commits, viewer_id=b, target_id=post)
    await work.do()
    client = ApiClient(services, author)

    async def shown() -> list[tuple[str, int, list[str], bool]]:
        page = await client.data("Notifications")
        cards = list(map(card, nodes(page)))
        assert page["unseen"]["count"] == len(cards)
        return cards

    like, share = ("LIKE", 2, ["p3", "p2"], False), ("SHARE", 1, ["p3"], False)
    assert await shown() == [share, like]
    await block_create(commits, viewer_id=author, user_id=b)
    assert await shown() == [("LIKE", 1, ["p2"], False)]
    await block_delete(commits, viewer_id=author, user_id=b)
    await mute_create(commits, viewer_id=author, user_id=b)
    assert await shown() == [("LIKE", 1, ["p2"], False)]
    await mute_delete(commits, viewer_id=author, user_id=b)
    await block_create(commits, viewer_id=b, user_id=author)
    assert await shown() == [("LIKE", 1, ["p2"], False)]
    await block_delete(commits, viewer_id=b, user_id=author)
    await database.write("INSERT INTO account_suspensions (user_id) VALUES ($1)", b)
    assert await shown() == [("LIKE", 1, ["p2"], False)]
    await database.write("DELETE FROM account_suspensions")
    changed = await client.do(
        "UpdateNotificationSettings", settings=[{"kind": "LIKE", "allowFrom": "FOLLOWING"}]
    )
    assert changed["errors"] == []
    assert await shown() == [share]
    await follow_create(commits, viewer_id=author, user_id=a)
    assert await shown() == [share, ("LIKE", 1, ["p2"], False)]
    await client.do(
        "UpdateNotificationSettings", settings=[{"kind": "LIKE", "allowFrom": "NOBODY"}]
    )
    assert await shown() == [share]
    await client.do(
        "UpdateNotificationSettings", settings=[{"kind": "LIKE", "allowFrom": "EVERYONE"}]
    )
    assert await shown() == [share, like]
    await hide_account(database, b)
    assert await shown() == [("LIKE", 1, ["p2"], False)]


async def test_what_settings_exclude_is_not_even_stored(
    database: Database, services: Services
) -> None:
    author, fan = await create_users(database, 2)
    [post] = await create_posts(database, author)
    client = ApiClient(services, author)
    await client.do(
        "UpdateNotificationSettings", settings=[{"kind": "LIKE", "allowFrom": "NOBODY"}]
    )
    await post_like(services.group_commits, viewer_id=fan, target_id=post)
    await Work(database).do()
    assert await database.fetch("SELECT FROM notifications") == []


async def test_settings_of_all_kinds_have_defaults_and_change_by_kind(
    database: Database, services: Services
) -> None:
    [user] = await create_users(database, 1)
    client = ApiClient(services, user)
    default = [
        {"kind": kind.name, "allowFrom": "EVERYONE", "push": True} for kind in NotificationKind
    ]
    assert (await client.data("NotificationSettings"))["notificationSettings"] == default

    async def update(*settings: Json) -> Json:
        payload: Json = await client.do("UpdateNotificationSettings", settings=list(settings))
        return payload

    await update({"kind": "LIKE", "push": False}, {"kind": "MENTION", "allowFrom": "FOLLOWING"})
    changed = await update({"kind": "LIKE", "allowFrom": "NOBODY"}, {"kind": "REPLY"})
    settings = {each["kind"]: each for each in changed["account"]["notificationSettings"]}
    assert settings["LIKE"] == {"kind": "LIKE", "allowFrom": "NOBODY", "push": False}
    assert settings["MENTION"] == {"kind": "MENTION", "allowFrom": "FOLLOWING", "push": True}
    assert settings["REPLY"] == {"kind": "REPLY", "allowFrom": "EVERYONE", "push": True}
    assert len(settings) == len(NotificationKind)
    for refused in (
        [{"kind": "LIKE", "push": None}],
        [{"kind": "LIKE", "allowFrom": None}],
        [{"kind": "LIKE", "push": True}, {"kind": "LIKE", "push": True}],
        [{"kind": "LIKE", "push": True}] * (len(NotificationKind) + 1),
    ):
        payload = await update(*refused)
        assert [error["code"] for error in payload["errors"]] == ["INVALID_INPUT"]
        assert payload["account"] is None
    after = (await client.data("NotificationSettings"))["notificationSettings"]
    assert {each["kind"]: each for each in after} == settings


@pytest.mark.parametrize("count", [99, 100])
async def test_the_number_not_seen_is_counted_up_to_99(
    database: Database, services: Services, count: int
) -> None:
    author, fan = await create_users(database, 2)
    await database.write(
        "INSERT INTO posts (author_id, text) SELECT $1, 'x' FROM generate_series(1, $2)",
        *(author, count),
    )
    await database.write(
        "INSERT INTO events (kind, actor_id, post_id) SELECT 'post_liked', $1, id FROM posts", fan
    )
    await database.write("INSERT INTO post_likes (user_id, post_id) SELECT $1, id FROM posts", fan)
    await Work(database).do()
    client = ApiClient(services, author)
    page = await client.data("Notifications", first=1)
    assert page["unseen"] == {"count": 99, "capped": count > 99}
    assert (await client.data("Me"))["unseenNotifications"] == page["unseen"]
