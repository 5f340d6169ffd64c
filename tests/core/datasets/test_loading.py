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
from core.datasets.dataset_rows import DatasetRows, NewComment, NewPost, NewPostLike, NewShare
from interactions.moderation import SQL
from tests.core.datasets.traces import assert_counts_are_right, count

NOW = datetime(2020, 1, 1, tzinfo=UTC)
NOBODY = 1

pytestmark = pytest.mark.usefixtures("orm")


@pytest.fixture
def people(orm: None) -> list[int]:
    """Keys of people who have posts."""
    call_command("seed_demo", "--people=30", "--posts=60", stdout=StringIO())
    return [row[0] for row in run("SELECT id FROM users ORDER BY id")]


def test_what_points_to_nothing_is_left_out(people: list[int]) -> None:
    post = run("SELECT id FROM posts LIMIT 1")[0][0]
    before = {table: count(table) for table in ("posts", "comments", "shares")}
    gained = load(
        DatasetRows(
            posts=[NewPost(10, NOBODY, "x", NOW)],
            comments=[
                NewComment(11, post, None, NOBODY, "x", NOW),
                NewComment(12, NOBODY, None, people[0], "x", NOW),
                NewComment(13, post, NOBODY, people[0], "x", NOW),
            ],
            shares=[NewShare(14, people[0], NOBODY, NOW)],
        )
    )

    assert not any(gained.values())
    assert {table: count(table) for table in before} == before
    assert_counts_are_right()


def test_text_arrives_as_it_is(people: list[int]) -> None:
    text = "tab\tline\nreturn\rback\\slash \\N \\. quote' \" 🦊"
    load(DatasetRows(posts=[NewPost(10, people[0], text, NOW)]))
    assert run("SELECT text FROM posts WHERE id = 10") == [(text,)]


def test_a_load_and_writers_do_not_disturb_each_other(people: list[int]) -> None:
    posts = [row[0] for row in run("SELECT id FROM posts ORDER BY id LIMIT 20")]
    run("DELETE FROM post_likes RETURNING 1")
    run("UPDATE posts SET like_count = 0 RETURNING 1")
    loaded = Event()

    def write(person: int) -> None:
        try:
            while not loaded.is_set():
                for statement in (SQL.post_like, SQL.post_unlike):
                    keys = [None] * len(posts)
                    retry_on_deadlock(lambda: run(statement, [person] * len(posts), posts, keys))  # noqa: B023  # run at once
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as writers:
        writing = [writers.submit(write, person) for person in people[:3]]
        try:
            for number, person in enumerate(people[3:]):
                key = key_at(NOW, number)
                rows = DatasetRows(
                    post_likes=[NewPostLike(key, person, post, NOW) for post in posts]
                )
                retry_on_deadlock(lambda: load(rows))  # noqa: B023  # run at once
        finally:
            loaded.set()
        for one in writing:
            one.result()

    assert count("post_likes") == len(posts) * len(people[3:])
    assert_counts_are_right()
