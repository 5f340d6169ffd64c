"""Bulk loads: rows are copied into staging tables, then inserted and counted by one statement a table.

Rows that refer to missing rows are left out and existing rows stay unchanged, so all counts equal their rows whatever
the database holds. Loads write no events, so kept home feeds are retired, a job finds the words of posts, and what
trends is ranked anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import StringIO
from typing import Any

from django.db import connection, transaction
from psycopg2 import sql

from core.database.django_bridge import run
from core.database.time_ordered_keys import key_array
from core.datasets.dataset_rows import TABLES, DatasetRows
from core.datasets.statements import SQL
from core.jobs.job_runner import schedule_key
from core.jobs.statements import SQL as JOBS
from feed.entities import Keys, Names
from feed.home_feeds import home_feeds_retire
from feed.search.jobs import fill_post_words, rank_trends
from feed.statements import SQL as FEED
from feed.text_entities import find_entities

STAGE = sql.SQL("CREATE TEMP TABLE {new} AS SELECT {columns} FROM {table} WITH NO DATA")
COPY = sql.SQL("COPY {new} ({columns}) FROM STDIN")
LOADS = {
    "users": SQL.load_users,
    "posts": SQL.load_posts,
    "pinned_posts": SQL.load_pinned_posts,
    "follows": SQL.load_follows,
    "follow_requests": SQL.load_follow_requests,
    "comments": SQL.load_comments,
    **SQL.load_post_reactions,
    "comment_likes": SQL.load_comment_likes,
}
NEWEST_NOTIFIED = 5_000
"""Of how many posts and follows notifications are made, the newest: a load is to take little longer for them."""
WITH_ENTITIES = ("posts", "comments")
Cell = int | str | datetime | None
ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def load(rows: DatasetRows) -> dict[str, int]:
    """The number of rows inserted, by table.

    Locks: the users, posts and comments whose counts change, each table in the order of keys.
    """
    inserted = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            new_rows: list[Any] = getattr(rows, table)
            inserted[table] = 0
            if new_rows:
                fields = new_rows[0]._fields
                cells: Iterable[Sequence[Cell]] = new_rows
                if table in WITH_ENTITIES:
                    fields = (*fields, "entities")
                    cells = _with_entities(new_rows)
                columns = sql.SQL(", ").join(map(sql.Identifier, fields))
                names = {"table": sql.Identifier(table), "new": sql.Identifier(f"new_{table}")}
                cursor.execute(STAGE.format(columns=columns, **names))
                cursor.copy_expert(COPY.format(columns=columns, **names), _lines(cells))
                cursor.execute(LOADS[table])
                inserted[table] = cursor.fetchone()[0]
        if rows.posts:
            cursor.execute(SQL.count_quotes)
            cursor.execute(SQL.load_post_entities)
            run(FEED.post_entities_set, *cursor.fetchone())
        if rows.comments:
            cursor.execute(SQL.count_replies)
        for table in TABLES:
            if getattr(rows, table):
                cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(f"new_{table}")))
        home_feeds_retire()
        if inserted["posts"]:
            fill_post_words.enqueue_by_orm()
            run(JOBS.jobs_make_due, [schedule_key(rank_trends)])
    return inserted


def notifications_load() -> int:
    """Adds the notifications of what was loaded, for users who have none; their number.

    Cost: one statement, of the newest rows alone, however many there are. Locks: none that others wait for.
    """
    return int(run(SQL.load_notifications, NEWEST_NOTIFIED)[0][0])


def vacuum() -> None:
    """Updates the tables' statistics and visibility maps, on which query plans depend."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(TABLES)}")


def _with_entities(rows: Sequence[Any]) -> list[tuple[Cell, ...]]:
    """The rows of posts or comments, each with the mentions, hashtags and links in its text. Their authors exist."""
    found = [(row.author_id, list(find_entities(row.text))) for row in rows]
    names = Names.of(found)
    keys = Keys()
    keys.add(run(FEED.entities_resolve, *names.arguments))
    while missing := keys.missing(names):
        keys.add(run(FEED.entities_resolve, [], [], missing))
    return [(*row, key_array(keys.entities(*each))) for row, each in zip(rows, found, strict=True)]


def _lines(rows: Iterable[Sequence[Cell]]) -> StringIO:
    lines = StringIO()
    for row in rows:
        lines.write("\t".join([_cell(value) for value in row]))
        lines.write("\n")
    lines.seek(0)
    return lines


def _cell(value: Cell) -> str:
    if value is None:
        return r"\N"
    return value.translate(ESCAPES) if isinstance(value, str) else str(value)
