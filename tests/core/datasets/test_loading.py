"""Bulk loads into a database that is in use."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import StringIO
from threading import Event

import pytest
from django.core.management import call_command
from django.db import connection

from core.database.django_bridge import retry_on_deadlock, run
from core.database.time_ordered_keys import key_at
from core.datasets.bulk_load import load
from core.datasets.dataset_rows import DatasetRows, NewComment, NewPost, NewReaction
from interactions.moderation import SQL
from tests.core.datasets.traces import assert_counts_are_right, count

NOW = datetime(2020, 1, 1, tzinfo=UTC)
MISSING = 1

pytestmark = pytest.mark.usefixtures("orm")


@pytest.fixture
def users(orm: None) -> list[int]:
    """Keys of users with posts."""
    call_command("seed_demo", "--users=30", "--posts=60", stdout=StringIO())
    return [row[0] for row in run("SELECT id FROM users ORDER BY id")]


def test_rows_that_refer_to_missing_rows_are_left_out(users: list[int]) -> None:
    post = run("SELECT id FROM posts LIMIT 1")[0][0]
    before = {table: count(table) for table in ("posts", "comments", "shares")}
    inserted = load(
        DatasetRows(
            posts=[NewPost(10, MISSING, "x", NOW)],
            comments=[
                NewComment(11, post, None, MISSING, "x", NOW),
                NewComment(12, MISSING, None, users[0], "x", NOW),
                NewComment(13, post, MISSING, users[0], "x", NOW),
            ],
            shares=[NewReaction(14, users[0], MISSING, NOW)],
        )
    )

    assert not any(inserted.values())
    assert {table: count(table) for table in before} == before
    assert_counts_are_right()


def test_text_is_loaded_unchanged(users: list[int]) -> None:
    text = "tab\tline\nreturn\rback\\slash \\N \\. quote' \" 🦊"
    load(DatasetRows(posts=[NewPost(10, users[0], text, NOW)]))
    assert run("SELECT text FROM posts WHERE id = 10") == [(text,)]


def test_concurrent_loads_and_writers_keep_counts_right(users: list[int]) -> None:
    posts = [row[0] for row in run("SELECT id FROM posts ORDER BY id LIMIT 20")]
    run("DELETE FROM post_likes RETURNING 1")
    run("UPDATE posts SET like_count = 0 RETURNING 1")
    loaded = Event()

    def write(user_id: int) -> None:
        try:
            while not loaded.is_set():
                for statement in (
                    SQL.reaction_create["post_like"],
                    SQL.reaction_delete["post_like"],
                ):
                    keys = [None] * len(posts)
                    retry_on_deadlock(lambda: run(statement, [user_id] * len(posts), posts, keys))  # noqa: B023  # run at once
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as writers:
        writing = [writers.submit(write, user_id) for user_id in users[:3]]
        try:
            for number, user_id in enumerate(users[3:]):
                key = key_at(NOW, number)
                rows = DatasetRows(
                    post_likes=[NewReaction(key, user_id, post, NOW) for post in posts]
                )
                retry_on_deadlock(lambda: load(rows))  # noqa: B023  # run at once
        finally:
            loaded.set()
        for one in writing:
            one.result()

    assert count("post_likes") == len(posts) * len(users[3:])
    assert_counts_are_right()
