"""Archives of all that belongs to a user: complete, and made in parts."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections import Counter
from typing import Any

from core.accounts.services import follow_create
from core.context import Services
from core.database.database import Database
from core.ids import global_id
from core.jobs.job_runner import JobRunner
from interactions.exports import ROWS_A_PART, SECTIONS
from interactions.jobs import expire_data_exports
from tests.contract.marked_world import MarkedWorld
from tests.core.accounts.world import ApiClient, number_of
from tests.interactions.archives import make_archive
from tests.interactions.cast import create_posts, create_users, delete_account, hide_account
from tests.interactions.notifications.inboxes import Work

EXPORTED = {
    ("users", "id"),
    ("account_suspensions", "user_id"),
    ("sessions", "user_id"),
    ("follows", "follower_id"),
    ("follows", "followee_id"),
    ("follow_requests", "requester_id"),
    ("follow_requests", "target_id"),
    ("blocks", "blocker_id"),
    ("mutes", "muter_id"),
    ("posts", "author_id"),
    ("comments", "author_id"),
    ("media", "owner_id"),
    ("post_likes", "user_id"),
    ("comment_likes", "user_id"),
    ("shares", "user_id"),
    ("bookmarks", "user_id"),
    ("reports", "reporter_id"),
    ("notifications", "recipient_id"),
    ("notification_settings", "user_id"),
    ("push_targets", "user_id"),
}
"""Columns with the key of a user whose rows are in the user's archive."""
NOT_EXPORTED = {
    # What others have said or decided about the user is theirs.
    ("blocks", "blocked_id"),
    ("mutes", "muted_id"),
    ("reports", "author_id"),
    ("post_mentions", "user_id"),
    # A column of the post's line.
    ("pinned_posts", "user_id"),
    # Copies of rows that are exported, for the delivery of events, for kept feeds and for search.
    ("events", "actor_id"),
    ("home_feeds", "reader_id"),
    ("user_names", "user_id"),
    ("home_feed_reasons", "sharer_id"),
    # Hashes, and random keys of clients, that end within a day.
    ("account_tokens", "user_id"),
    ("idempotency_keys", "user_id"),
    # The archive itself; the mark of an account that can't ask for one any more.
    ("data_exports", "user_id"),
    ("account_deletions", "user_id"),
    # What the user has done is exported as such; how far notifications were seen.
    ("notification_actors", "actor_id"),
    ("notification_inboxes", "user_id"),
    # What the user has done in the admin is the site's.
    ("django_admin_log", "user_id"),
    ("users_groups", "user_id"),
    ("users_user_permissions", "user_id"),
}
REFERENCES = """
SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND (
    a.attname IN ('user_id', 'actor_id', 'author_id', 'reader_id', 'sharer_id', 'reporter_id')
    OR EXISTS (
        SELECT FROM pg_constraint f
        WHERE f.contype = 'f' AND f.conrelid = c.oid AND f.confrelid = 'users'::regclass AND a.attnum = ANY(f.conkey)
    )
)
"""


async def lines_of(database: Database) -> list[dict[str, Any]]:
    """The lines of the only archive."""
    parts = await database.fetch("SELECT content FROM data_export_parts ORDER BY number")
    content = gzip.decompress(b"".join(row[0] for row in parts)).decode()
    return [json.loads(line) for line in content.splitlines()]


async def test_every_column_with_a_user_is_exported_or_left_out_on_purpose(
    database: Database,
) -> None:
    found = {tuple(row) for row in await database.fetch(REFERENCES)}
    assert found - EXPORTED - NOT_EXPORTED == set()
    assert (EXPORTED | NOT_EXPORTED) - found <= {("users", "id")}


async def test_an_archive_has_a_line_for_each_row(services: Services) -> None:
    world = MarkedWorld(services)
    await world.create()
    database, target = services.database, world.key["target"]
    await database.write(
        "INSERT INTO sessions (user_id, salt, token_hash, expires_at) VALUES ($1, '', '', now())",
        target,
    )
    await database.write(
        "INSERT INTO push_targets (user_id, session_id, kind, address, address_hash) "
        "SELECT user_id, id, 'APNS', 'hush-a-token', '' FROM sessions WHERE user_id = $1",
        target,
    )
    await ApiClient(services, target).do(
        "ReportContent", subjectId=global_id("User", world.key["host"]), reason="SPAM"
    )
    post = global_id("Post", world.posts["host"])
    await ApiClient(services, target).change("MuteUser", world.key["host"])
    await ApiClient(services, target).do("BookmarkPost", postId=post)
    await database.write("INSERT INTO account_suspensions (user_id) VALUES ($1)", target)
    await database.write(
        "INSERT INTO media (owner_id, content_type, byte_size) VALUES ($1, 'image/png', 1)",
        target,
    )
    await database.write(
        "INSERT INTO follow_requests (requester_id, target_id) VALUES ($1, $2), ($2, $1)",
        *(target, world.key["host"]),
    )
    await Work(database).do()
    await database.write(
        "INSERT INTO notification_settings (user_id, kind, allow_from) VALUES ($1, 1, 2)",
        target,
    )
    pinned = await ApiClient(services, target).do(
        "PinPost", postId=global_id("Post", world.posts["target"])
    )
    assert pinned["errors"] == []
    ready = await make_archive(services, target)
    assert ready["state"] == "READY"
    lines = await lines_of(database)
    assert [line["id"] for line in lines if line.get("is_pinned")] == [
        global_id("Post", world.posts["target"])
    ]
    counts = Counter(line["type"] for line in lines)
    rows = 0
    for table, column in EXPORTED:
        where = f"{table} WHERE {column} = {target}"
        if table == "comments":
            where += " AND deleted_at IS NULL"
        rows += await number_of(database, where)
        assert await number_of(database, where) > 0, table
    assert len(lines) == rows
    assert len(counts) == len(SECTIONS)
    assert counts["account"] == 1
    [setting] = [line for line in lines if line["type"] == "notification_setting"]
    assert (setting["kind"], setting["allow_from"]) == ("LIKE", "NOBODY")
    text = json.dumps(lines)
    assert "POST target" in text
    assert "COMMENT target" in text
    assert "GHOST" not in text
    # Nobody's password, token or address but the user's own.
    assert "password" not in text
    assert text.count("@example") == 1
    assert "hush" not in text


async def test_a_large_archive_is_made_in_parts(services: Services) -> None:
    [ada] = await create_users(services.database, 1)
    await services.database.write(
        "INSERT INTO posts (author_id, text) SELECT $1, 'Post ' || n FROM generate_series(1, $2) n",
        ada,
        2 * ROWS_A_PART,
    )
    await make_archive(services, ada)
    assert await number_of(services.database, "data_export_parts") == 3
    posts = [line["text"] for line in await lines_of(services.database) if line["type"] == "post"]
    assert sorted(posts) == sorted(f"Post {n}" for n in range(1, 2 * ROWS_A_PART + 1))


async def test_an_archive_names_nobody_whom_the_user_may_not_see(services: Services) -> None:
    """Deleted accounts in their grace period, and who blocks the user; and no copy of what others have written."""
    database = services.database
    ada, deleted, blocking, blocked, visible, asked = await create_users(database, 6)
    others = (deleted, blocking, blocked, visible)
    [post] = await create_posts(database, visible)
    for kind, key in (("post", post), ("user", visible)):
        await ApiClient(services, ada).do(
            "ReportContent", subjectId=global_id(kind.title(), key), reason="SPAM"
        )
    for other in others:
        await database.write("INSERT INTO mutes (muter_id, muted_id) VALUES ($1, $2)", ada, other)
        await database.write(
            "INSERT INTO follow_requests (requester_id, target_id) VALUES ($1, $2)", ada, other
        )
    await follow_create(services.group_commits, viewer_id=deleted, user_id=ada)
    await follow_create(services.group_commits, viewer_id=ada, user_id=deleted)
    await database.write(
        "INSERT INTO follow_requests (requester_id, target_id) VALUES ($1, $2)", ada, asked
    )
    for blocker, other in ((blocking, ada), (ada, blocked), (ada, deleted)):
        await database.write(
            "INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2)", blocker, other
        )
    for user in (deleted, asked):
        await hide_account(database, user)
    await make_archive(services, ada)
    lines = await lines_of(database)
    names: dict[str, list[Any]] = {}
    for line in lines:
        if "username" in line and line["type"] != "account":
            names.setdefault(line["type"], []).append(line["username"])
    assert names == {
        "follower": [None],
        "following": [None],
        "follow_request": [None, "p4", "p5", None],
        "block": [None, "p4"],
        "mute": [None, None, "p4", "p5"],
    }
    reports = [line for line in lines if line["type"] == "report"]
    assert [report["subject"] for report in reports] == [
        global_id("Post", post),
        global_id("User", visible),
    ]
    assert "'x'" not in str(reports)
    await services.group_commits.close()


async def test_an_archive_is_its_users_alone_and_the_newest(services: Services) -> None:
    ada, grace = await create_users(services.database, 2)
    client = ApiClient(services, ada)
    first = (await client.do("ExportData"))["export"]["id"]
    assert (await client.do("ExportData"))["export"]["id"] == first
    assert await ApiClient(services, grace).data("ExportState", id=first) is None
    assert await ApiClient(services).data("ExportState", id=first) is None
    await services.database.write("UPDATE data_exports SET state = 'READY'")
    assert (await client.do("ExportData"))["export"]["id"] != first
    assert await client.data("ExportState", id=first) is None
    assert await number_of(services.database, "data_exports") == 1


REPLAY = """
mutation ($input: ExportDataInput!) {
    exportData(input: $input) { export { id } replayed clientMutationId errors { code } }
}
"""


async def test_a_repeated_call_gives_the_same_archive(services: Services) -> None:
    """Also when it is complete: the client may be downloading it."""
    ada, grace = await create_users(services.database, 2)

    async def called(key: str, by: int = ada) -> tuple[str | None, bool]:
        payload = await ApiClient(services, by).do(REPLAY, clientMutationId=key)
        assert (payload["clientMutationId"], payload["errors"]) == (key, [])
        return payload["export"] and payload["export"]["id"], payload["replayed"]

    at_once = await asyncio.gather(*(called("one") for _ in range(4)))
    first = at_once[0][0]
    assert sorted(at_once) == [(first, False), *[(first, True)] * 3]
    assert await number_of(services.database, "jobs WHERE kind = 'data_export'") == 1
    assert await called("while it is made") == (first, False)
    await services.database.write("UPDATE data_exports SET state = 'READY'")
    assert await called("one") == await called("while it is made") == (first, True)
    assert (await called("one", grace))[1] is False
    second, replayed = await called("two")
    assert (second == first, replayed) == (False, False)
    assert (await called("one"), await called("two")) == ((None, True), (second, True))


async def test_an_archive_ends(services: Services) -> None:
    [ada] = await create_users(services.database, 1)
    ready = await make_archive(services, ada)
    await services.database.write("UPDATE data_exports SET expires_at = now()")
    assert await ApiClient(services, ada).data("ExportState", id=ready["id"]) is None
    database = services.database
    runner = JobRunner(database, database, {expire_data_exports.name: expire_data_exports})
    await runner.register()
    await runner.make_scheduled_due()
    await runner.start_due()
    await runner.end(grace_seconds=20, cancel_seconds=1)
    assert await number_of(services.database, "data_export_parts") == 0


async def test_one_that_is_never_made_fails(services: Services) -> None:
    [ada] = await create_users(services.database, 1)
    client = ApiClient(services, ada)
    id = (await client.do("ExportData"))["export"]["id"]
    await services.database.write("UPDATE data_exports SET created_at = now() - interval '25 h'")
    database = services.database
    runner = JobRunner(database, database, {expire_data_exports.name: expire_data_exports})
    await runner.register()
    await runner.make_scheduled_due()
    await runner.start_due()
    await runner.end(grace_seconds=20, cancel_seconds=1)
    assert (await client.data("ExportState", id=id))["state"] == "FAILED"
    assert (await client.do("ExportData"))["export"]["id"] != id


async def test_a_deleted_users_archive_is_erased(services: Services) -> None:
    [ada] = await create_users(services.database, 1)
    await create_posts(services.database, ada)
    await make_archive(services, ada)
    await delete_account(services.database, ada)
    assert await number_of(services.database, "data_export_parts") == 0
