"""A mutation that sets a state changes nothing the second time, and one that creates does so once for each key."""

from __future__ import annotations

import asyncio
from typing import Any

from graphql import GraphQLObjectType

from core.accounts.profiles import profile_update
from core.accounts.services import follow_create
from core.config.schema import graphql_schema
from core.context import Services
from core.database.database import Database
from core.ids import global_id
from feed.services import post_create
from interactions.services import comment_create
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import create_users, present
from tests.interactions.notifications.inboxes import Work
from tests.live.world import signed_in_again

USE_UP_THEIR_INPUT = {"changePassword", "signOut", "verifyEmail"}
"""What they do twice is in tests/core/accounts/."""
TABLES = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
)
Json = dict[str, Any]


def payload_type(name: str) -> GraphQLObjectType:
    found = present(graphql_schema.mutation_type).fields[name].type.of_type
    assert isinstance(found, GraphQLObjectType)
    return found


async def call(client: ApiClient, name: str, values: Json, fields: str) -> Json:
    """The payload of a mutation."""
    input_type = present(graphql_schema.mutation_type).fields[name].args["input"].type
    document = f"mutation M($input: {input_type}) {{ {name}(input: $input) {{ {fields} errors {{ code }} }} }}"
    return dict(await client.data(document, input=values))


async def all_rows(database: Database) -> dict[str, list[str]]:
    found = {}
    for (table,) in await database.fetch(TABLES):
        rows = await database.fetch(f"SELECT t::text FROM {table} t ORDER BY 1")  # noqa: S608  # names of tables
        found[table] = [row[0] for row in rows]
    return found


async def post(services: Services, author: int) -> int:
    created = await post_create(services.database, author_id=author, text="A post.")
    return present(created.post).id


async def comment(services: Services, author: int, post_id: int) -> str:
    created = await comment_create(
        services.database, author_id=author, post_id=post_id, text="A comment."
    )
    return global_id("Comment", present(created.comment).id)


async def states(client: ApiClient, others: list[int]) -> list[tuple[str, Json]]:
    """Each mutation that sets a state, with an input by which it changes something after those before it."""
    services, viewer = client.services, present(client.viewer_id)
    database = services.database
    other, private, accepted, rejected = others
    for user in (viewer, private):
        await profile_update(database, viewer_id=user, is_private=True)
    for user in (accepted, rejected):
        await follow_create(services.group_commits, viewer_id=user, user_id=viewer)
    own, foreign = [
        {"postId": global_id("Post", await post(services, user))} for user in (viewer, other)
    ]
    key = await post(services, other)
    own_comment, foreign_comment = [
        {"commentId": await comment(services, user, key)} for user in (viewer, other)
    ]
    await Work(database).do()
    notifications = await client.data("{ notifications { edges { cursor } } }")
    target = await client.data(
        'mutation { registerPushTarget(input: {target: {apns: {token: "ab"}}}) { target { id } } }'
    )
    session = await signed_in_again(database, viewer)
    user_inputs = {key: {"userId": global_id("User", key)} for key in others}
    reported = {"subjectId": foreign["postId"], "reason": "SPAM"}
    return [
        *((f"{verb}User", user_inputs[other]) for verb in ("follow", "unfollow", "mute", "unmute")),
        *((f"{verb}User", user_inputs[private]) for verb in ("follow", "unfollow")),
        ("acceptFollowRequest", user_inputs[accepted]),
        ("rejectFollowRequest", user_inputs[rejected]),
        ("removeFollower", user_inputs[accepted]),
        *((f"{verb}Post", foreign) for verb in ("like", "unlike", "share", "unshare")),
        *((f"{verb}Post", foreign) for verb in ("bookmark", "unbookmark")),
        *((f"{verb}Comment", foreign_comment) for verb in ("like", "unlike")),
        ("pinPost", own),
        ("unpinPost", {}),
        ("reportContent", reported),
        ("markNotificationsSeen", {"upTo": notifications["edges"][0]["cursor"]}),
        ("revokeSession", {"sessionId": global_id("AccountSession", session.session_id)}),
        ("unregisterPushTarget", {"targetId": target["target"]["id"]}),
        ("deletePost", own),
        ("deleteComment", own_comment),
        *((f"{verb}User", user_inputs[other]) for verb in ("block", "unblock")),
    ]


async def test_a_state_that_is_set_again_changes_nothing(services: Services) -> None:
    viewer, *others = await create_users(services.database, 5)
    session = await signed_in_again(services.database, viewer)
    client = ApiClient(services, viewer, session.session_id)
    calls = await states(client, others)
    setting = {
        name
        for name in present(graphql_schema.mutation_type).fields
        if "changed" in payload_type(name).fields
    }
    assert {name for name, _ in calls} == setting - USE_UP_THEIR_INPUT
    for name, values in calls:
        before = await all_rows(services.database)
        assert await call(client, name, values, "changed") == {"changed": True, "errors": []}, name
        after = await all_rows(services.database)
        assert after != before, name
        assert (await call(client, name, values, "changed"))["changed"] is False, name
        assert await all_rows(services.database) == after, name


async def test_each_mutation_that_creates_does_so_once_for_its_key(services: Services) -> None:
    [viewer] = await create_users(services.database, 1)
    client = ApiClient(services, viewer)
    on = global_id("Post", await post(services, viewer))
    # An input, another one, one that is refused, and what is created.
    calls: dict[str, tuple[Json, Json | None, Json | None, str]] = {
        "createPost": ({"text": "One."}, {"text": "Two."}, {"text": " "}, "post { id }"),
        "createComment": (
            {"postId": on, "text": "One."},
            {"postId": on, "text": "Two."},
            {"postId": global_id("Post", 5), "text": "One."},
            "comment { id }",
        ),
        "startUpload": (
            {"contentType": "image/png", "byteSize": 10},
            {"contentType": "image/png", "byteSize": 11},
            {"contentType": "image/svg", "byteSize": 10},
            "upload { mediaId }",
        ),
        "exportData": ({}, None, None, "export { id }"),
    }
    for name, (values, other, refused, created) in calls.items():
        has_replayed = "replayed" in payload_type(name).fields
        fields = f"{created} {'replayed' if has_replayed else ''}"
        key = {"clientMutationId": "the same for all"}
        if refused is not None:
            assert (await call(client, name, refused | key, fields))["errors"], name
        payloads = await asyncio.gather(
            *(call(client, name, values | key, fields) for _ in range(4))
        )
        replayed = [payload.pop("replayed") for payload in payloads if has_replayed]
        assert sorted(replayed) == [False, True, True, True] * has_replayed, name
        assert all(payload == payloads[0] for payload in payloads), name
        assert payloads[0]["errors"] == [], name
        if other is not None:
            errors = (await call(client, name, other | key, fields))["errors"]
            assert errors == [{"code": "IDEMPOTENCY_KEY_REUSED"}], name
    for table in ("posts", "comments", "media", "data_exports"):
        rows = await services.database.fetch(f"SELECT FROM {table}")
        assert len(rows) == (2 if table == "posts" else 1), table
    keyed = {
        name
        for name, field in present(graphql_schema.mutation_type).fields.items()
        if "idempotency key"
        in field.args["input"].type.of_type.fields["clientMutationId"].description
    }
    assert keyed == set(calls)
