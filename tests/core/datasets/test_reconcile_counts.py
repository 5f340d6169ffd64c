"""reconcile_counts: found and repaired differences, also while others write."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Event

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg2 import sql

from core.database.django_bridge import run
from core.datasets.reconcile import COUNTS, Count, compare, repair
from interactions.moderation import SQL
from tests.core.datasets.traces import assert_counts_are_right
from tests.empty_tables import EmptyingSession


@pytest.fixture(autouse=True)
def users_and_posts(demo_rows: None, orm: None, emptying_session: EmptyingSession) -> None:
    emptying_session.restore_rows()


def reconcile(*options: str) -> str:
    """The command's output."""
    output = StringIO()
    call_command("reconcile_counts", *options, stdout=output)
    return output.getvalue()


def spoil(count: Count, rows: int) -> None:
    """Makes the count wrong in so many rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "WITH locked AS (SELECT id FROM {table} ORDER BY id LIMIT %s FOR NO KEY UPDATE) "
                "UPDATE {table} SET {column} = {column} + 3 WHERE id IN (SELECT id FROM locked)"
            ).format(table=sql.Identifier(count.table), column=sql.Identifier(count.column)),
            [rows],
        )


def test_correct_counts_are_reported() -> None:
    output = reconcile()
    assert output.count(": correct in all ") == len(COUNTS)
    assert len(output.splitlines()) == len(COUNTS) + 1
    assert output.endswith("Every count equals its rows.\n")


@pytest.mark.parametrize("count", COUNTS, ids=str)
def test_a_wrong_count_is_found_and_repaired(count: Count) -> None:
    spoil(count, 5)
    before = {str(one): compare(one).wrong for one in COUNTS}
    assert {name for name, wrong in before.items() if wrong} == {str(count)}

    output = StringIO()
    with pytest.raises(CommandError, match="5 counts differ") as refusal:
        call_command("reconcile_counts", stdout=output)
    assert refusal.value.returncode == 1
    assert f"{count}: wrong in 5 of " in output.getvalue()
    assert len(compare(count).wrong) == 5

    assert "5 repaired, 0 differ now" in reconcile("--repair")
    assert_counts_are_right()


def test_posts_that_not_everybody_may_see_are_not_counted_for_hashtags() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE posts SET visibility = 1 WHERE id = (SELECT max(post_id) FROM post_hashtags) RETURNING id"
        )
        hidden = cursor.fetchone()
    assert "hashtags.post_count: wrong in " in reconcile("--repair")
    assert_counts_are_right()
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT is_public FROM post_hashtags WHERE post_id = %s", hidden)
        assert cursor.fetchall() == [(False,)]


def test_tombstones_are_not_counted() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE comments SET deleted_at = now(), author_id = NULL, text = '' "
            "WHERE id = (SELECT max(parent_id) FROM comments)"
        )
    assert "posts.comment_count: wrong in 1 of " in reconcile("--repair")
    assert_counts_are_right()


def test_concurrent_repairs_and_writers_keep_counts_right() -> None:
    likes = next(one for one in COUNTS if str(one) == "posts.like_count")
    users = [row[0] for row in run("SELECT id FROM users ORDER BY id")]
    posts = [row[0] for row in run("SELECT id FROM posts ORDER BY id LIMIT 20")]
    done = Event()

    def write(user_id: int) -> None:
        try:
            while not done.is_set():
                for statement in (
                    SQL.reaction_create["post_like"],
                    SQL.reaction_delete["post_like"],
                ):
                    run(statement, [user_id] * len(posts), posts, [None] * len(posts))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as writers:
        writing = [writers.submit(write, user_id) for user_id in users[:4]]
        try:
            for _ in range(20):
                spoil(likes, 10)
                repair(likes, compare(likes).wrong)
                assert not compare(likes).wrong
        finally:
            done.set()
        for one in writing:
            one.result()
    assert_counts_are_right()
