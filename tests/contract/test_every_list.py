"""Each list of the schema, with each choice of its enums, keeps the promises about pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    is_list_type,
    is_required_argument,
)

from core.config.schema import graphql_schema
from core.context import Services
from core.ids import global_id, parse_id
from feed.search.statements import SQL as SEARCH
from feed.services import post_create, post_edit
from interactions.services import comment_create
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import account_closed, account_restored, create_users, present
from tests.interactions.notifications.inboxes import Work
from tests.interactions.reactions import post_bookmark, post_like, post_share

ROWS = 7
"""No list has fewer."""
Json = dict[str, Any]
OWNERS = {
    "Query": "",
    "Account": "account",
    "User": 'user(username: "{owner}")',
    "Post": 'post(id: "{post}")',
    "Comment": 'node(id: "{comment}") {{ ... on Comment',
    "Hashtag": 'hashtag(name: "{word}1")',
    "Notification": 'node(id: "{notification}") {{ ... on Notification',
}
"""The selection around the lists of a type."""
REQUIRED = {
    "searchUsers": 'query: "{word}"',
    "searchPosts": 'query: "{word}"',
    "searchHashtags": 'prefix: "{word}"',
}
OF_NOBODY = {"publicFeed", "trendingFeed", "trendingHashtags"}
PAGE_ARGUMENTS = {"first": "Int", "after": "String", "last": "Int", "before": "String"}
GARBAGE = ["", "garbage", "\0", "é", "0" * 32, "A" * 24, "AQ" + "A" * 22, "x" * 40_000]
MUTE = "INSERT INTO mutes (muter_id, muted_id) VALUES ($1, $2)"
BLOCK = "INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2)"
FOLLOW = "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)"
ASK = "INSERT INTO follow_requests (target_id, requester_id) VALUES ($1, $2)"
PICTURE = """
INSERT INTO media (owner_id, post_id, position, alt_text, content_type, byte_size, state, width, height, placeholder)
SELECT author_id, id, 1, '', 'image/png', 1, 'READY', 4, 3, 'x' FROM posts WHERE id = $1
"""
REMOVE = {
    "Post": "DELETE FROM posts WHERE id = $1",
    "Hashtag": "DELETE FROM post_hashtags WHERE hashtag_id = $1",
    "Notification": "DELETE FROM notifications WHERE id = $1",
}


class List(NamedTuple):
    """A list of the schema, with one choice of its arguments that are enums."""

    owner_type: str
    name: str
    choice: str = ""

    @property
    def field(self) -> GraphQLField:
        return fields_of(graphql_schema.type_map[self.owner_type])[self.name]

    def has(self, *arguments: str) -> bool:
        return {*arguments} <= {*self.field.args}

    def document(self, names: dict[str, str]) -> str:
        """A query for a page. `names`: what the owners are called."""
        passed = {name: kind for name, kind in PAGE_ARGUMENTS.items() if self.has(name)}
        arguments = [f"{name}: ${name}" for name in passed]
        if any(map(is_required_argument, self.field.args.values())):
            arguments.append(REQUIRED[self.name].format(**names))
        edge = fields_of(get_named_type(self.field.type))["edges"].type
        node = fields_of(get_named_type(fields_of(get_named_type(edge))["node"].type))
        declared = ", ".join(f"${name}: {kind}" for name, kind in passed.items())
        around = OWNERS[self.owner_type].format(**names)
        return f"""query Page({declared}) {{ {around} {"{" * bool(around)}
            {self.name}({", ".join(arguments)} {self.choice}) {{
                edges {{ cursor node {{ is: {"id" if "id" in node else "text"} }} }}
                pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
            }}
        {"}" * (bool(around) + around.count("{"))} }}"""


def fields_of(kind: Any) -> dict[str, GraphQLField]:
    assert isinstance(kind, GraphQLObjectType)
    fields: dict[str, GraphQLField] = kind.fields
    return fields


def lists() -> Iterator[List]:
    for kind in graphql_schema.type_map.values():
        for name, field in kind.fields.items() if isinstance(kind, GraphQLObjectType) else ():
            if get_named_type(field.type).name.endswith("Connection"):
                choices = list(choices_of(field))
                if not any("[" not in choice for choice in choices):
                    yield List(kind.name, name)
                yield from (List(kind.name, name, choice) for choice in choices)


def choices_of(field: GraphQLField) -> Iterator[str]:
    for name, argument in field.args.items():
        enum = get_named_type(argument.type)
        for value in enum.values if isinstance(enum, GraphQLEnumType) else ():
            yield f"{name}: [{value}]" if is_list_type(argument.type) else f"{name}: {value}"


# Notifications are likes here.
LISTS = [each for each in lists() if "kinds" not in each.choice or "[LIKE]" in each.choice]


class World:
    """A viewer, with rows in each list, also of users whom the viewer has muted and blocked."""

    def __init__(self, services: Services, word: str) -> None:
        self.services = services
        self.database = services.database
        self.word = word

    async def create(self, first: int) -> None:
        """Creates the rows. `first`: the number of the first user."""
        database = self.database
        viewer, owner, *others = await create_users(database, 2 + 4 * ROWS, first=first)
        friends, strangers, muted, blocked = (
            others[n : n + ROWS] for n in range(0, 4 * ROWS, ROWS)
        )
        # The owner is not the first one of a list.
        for number, user in enumerate((viewer, *others, owner)):
            name = f"{self.word}_{number:02}"
            await database.write("UPDATE users SET username = $2 WHERE id = $1", user, name)
        await database.write(FOLLOW, viewer, owner)
        actors = [user for each in zip(friends, muted, blocked, strict=True) for user in each]
        for actor in actors:
            for pair in ((viewer, actor), (actor, owner), (owner, actor), (friends[0], actor)):
                if pair[0] != pair[1]:
                    await database.write(FOLLOW, *pair)
        for stranger in strangers:
            await database.write(FOLLOW, friends[0], stranger)
        for user in (*strangers, *blocked):
            await database.write(ASK, viewer, user)
        await self._posts(viewer, owner, actors)
        for statement, hidden in ((MUTE, muted), (BLOCK, blocked)):
            for user in hidden:
                await database.write(statement, viewer, user)
        await Work(database).do()
        [[notification]] = await database.fetch(
            "SELECT max(id) FROM notifications WHERE recipient_id = $1", viewer
        )
        self.names = {
            "word": self.word,
            "owner": name,
            "post": global_id("Post", self.post),
            "comment": global_id("Comment", self.comment),
            "notification": global_id("Notification", notification),
        }
        self.client = ApiClient(self.services, viewer)

    async def _posts(self, viewer: int, owner: int, actors: list[int]) -> None:
        group_commits = self.services.group_commits
        tags = " ".join(f"#{self.word}{number}" for number in range(ROWS))
        self.post, *others = [await self._post(owner, f"{self.word} {tags}") for _ in range(ROWS)]
        for post in (self.post, *others):
            await self.database.write(PICTURE, post)
            for react in (post_like, post_bookmark):
                await react(group_commits, viewer_id=viewer, target_id=post)
        own = [await self._post(viewer, "x") for _ in range(ROWS)]
        parent = None
        for number, actor in enumerate(actors):
            text = f"{number} {self.word} {tags}"
            await post_edit(self.database, viewer_id=owner, post_id=self.post, text=text)
            post = await self._post(actor, f"{text} #{self.word}_{number}", self.post)
            for user, react, target in (
                *((actor, post_like, each) for each in (self.post, *own)),
                *((user, post_share, each) for user, each in ((actor, self.post), (owner, post))),
                *((viewer, react, post) for react in (post_like, post_bookmark)),
            ):
                await react(group_commits, viewer_id=user, target_id=target)
            await self._comment(actor)
            await self._comment(owner, post=post)
            parent = await self._comment(owner, parent)
        self.comment = await self._comment(owner, parent)
        for actor in actors:
            await self._comment(actor, self.comment)

    async def _post(self, author: int, text: str, quoted_post_id: int | None = None) -> int:
        created = await post_create(
            self.database, author_id=author, text=text, quoted_post_id=quoted_post_id
        )
        return present(created.post).id

    async def _comment(
        self, author: int, parent: int | None = None, post: int | None = None
    ) -> int:
        created = await comment_create(
            self.database,
            author_id=author,
            post_id=post or self.post,
            text="x",
            parent_id=parent,
        )
        return present(created.comment).id

    async def page(self, each: List, **arguments: Any) -> Json:
        found = await self.client.data(each.document(self.names), **arguments)
        while "edges" not in found:
            [found] = found.values()
        return dict(found)

    async def code(self, each: List, **arguments: Any) -> str | None:
        """The code of the error, if it is one."""
        found = await self.client.execute(each.document(self.names), **arguments)
        return found["errors"][0]["extensions"]["code"] if "errors" in found else None

    async def whole(self, each: List) -> tuple[list[str], list[str]]:
        """What is in a list, and the cursors."""
        page = await self.page(each, **{"first" if each.has("first") else "last": 100})
        return ids(page), [edge["cursor"] for edge in page["edges"]]


def ids(page: Json) -> list[str]:
    return [edge["node"]["is"] for edge in page["edges"]]


def more(page: Json) -> tuple[bool, bool]:
    """Whether there is more before and after the page."""
    return page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]


@pytest.fixture
async def world(services: Services) -> World:
    created = World(services, "walk")
    await created.create(1)
    await trend(services)
    return created


async def trend(services: Services) -> None:
    keys = [
        [row[0] for row in await services.database.fetch(f"SELECT id FROM {table} ORDER BY id")]  # noqa: S608  # fixed names
        for table in ("posts", "hashtags")
    ]
    await services.database.write(SEARCH.trend_snapshot_create, *keys)


async def test_each_list_is_read_in_pages_to_its_end_and_back(world: World) -> None:
    for each in LISTS:
        expected, cursors = await world.whole(each)
        assert len(set(expected)) == len(set(cursors)) == len(cursors) >= ROWS, each
        is_forward = each.has("first")
        by_default = expected[:20] if is_forward else expected[-20:]
        assert ids(await world.page(each)) == by_default, each
        for limit, cursor in (("first", "after"), ("last", "before")):
            read: list[str] = []
            at = None
            while each.has(limit):
                page = await world.page(each, **{limit: 3, cursor: at})
                read = read + ids(page) if limit == "first" else ids(page) + read
                flags = (at is not None, len(read) < len(expected))
                assert more(page) == (flags if limit == "first" else flags[::-1]), each
                if not flags[1]:
                    break
                assert len(ids(page)) == 3, each
                at = page["pageInfo"]["endCursor" if limit == "first" else "startCursor"]
            assert read == expected or not each.has(limit), each


async def test_each_list_takes_sizes_from_0_to_100(world: World) -> None:
    for each in LISTS:
        for limit in filter(each.has, ("first", "last")):
            for size in (-(2**31), -1, 101, 2**31 - 1):
                assert await world.code(each, **{limit: size}) == "BAD_PAGE", (each, limit, size)
            page = await world.page(each, **{limit: 0})
            assert page["edges"] == [], each
            assert more(page) == (limit == "last", limit == "first"), each
        if each.has("first", "last"):
            for sizes in ((0, 0), (1, 0), (1, 1)):
                assert await world.code(each, first=sizes[0], last=sizes[1]) == "BAD_PAGE", each
            page = await world.page(each, first=None, last=2)
            assert ids(page) == (await world.whole(each))[0][-2:], each


async def test_each_list_is_read_between_two_cursors(world: World) -> None:
    for each in LISTS:
        if not each.has("after", "before"):
            continue
        rows, cursors = await world.whole(each)
        bounds = {"after": cursors[0], "before": cursors[5]}
        for limit in ("first", "last"):
            page = await world.page(each, **{limit: 2}, **bounds)
            assert ids(page) == (rows[1:3] if limit == "first" else rows[3:5]), each
            assert more(page) == (True, True), each
            page = await world.page(each, **{limit: 2}, after=cursors[5], before=cursors[0])
            assert page["edges"] == [], each


async def test_an_empty_page_at_a_cursor_says_what_is_around_it(world: World) -> None:
    for each in LISTS:
        _, [first, *_, last] = await world.whole(each)
        for limit, cursor in (("first", "after"), ("last", "before")):
            if each.has(limit, cursor):
                at_first = await world.page(each, **{limit: 0, cursor: first})
                at_last = await world.page(each, **{limit: 0, cursor: last})
                assert more(at_first) == ((cursor == "after"), True), each
                assert more(at_last) == (True, (cursor == "before")), each


async def test_each_list_refuses_cursors_of_all_others(services: Services, world: World) -> None:
    other = World(services, "run")
    await other.create(500)
    await trend(services)
    cursors = {each: (await world.whole(each))[1][0] for each in LISTS}
    for each, valid in cursors.items():
        altered = [
            valid[:place] + ("a" if valid[place] != "a" else "b") + valid[place + 1 :]
            for place in range(len(valid))
        ]
        foreign = [cursor for one, cursor in cursors.items() if one != each]
        for name in filter(each.has, ("after", "before")):
            assert await world.code(each, **{name: valid}) is None, each
            for cursor in [*GARBAGE, *altered, valid[:-1], valid + "A", f" {valid}", *foreign]:
                found = await world.code(each, **{name: cursor})
                assert found == "INVALID_CURSOR", (each, name, cursor[:100])
            of_other = None if each.name in OF_NOBODY else "INVALID_CURSOR"
            assert await other.code(each, **{name: valid}) == of_other, each


async def test_what_is_gone_precedes_nothing(world: World) -> None:
    """In the lists that are only read from their beginning: of the others, tests/feed/test_pages.py has it."""
    for each in LISTS:
        if each.has("after") and not each.has("before"):
            [gone, *rows], [cursor, *_] = await world.whole(each)
            kind, key = parse_id(gone)
            if kind == "User":
                await account_closed(world.database, key)
            else:
                await world.database.write(REMOVE[kind], key)
            page = await world.page(each, first=100, after=cursor)
            assert (ids(page), more(page)) == (rows, (False, False)), each
            page = await world.page(each, first=0, after=cursor)
            assert more(page) == (False, True), each
            if kind == "User":
                await account_restored(world.database, key)
