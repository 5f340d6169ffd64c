"""Compares stored counts with the rows that they count, and repairs them."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import NamedTuple

from django.db import connection, transaction
from psycopg2 import sql

from core.database.django_bridge import run
from core.database.time_ordered_keys import HIGHEST_KEY
from feed.reactions import REACTIONS
from feed.statements import SQL as FEED

ROWS_AT_ONCE = 1_000
HASHTAGS_AT_ONCE = 500
"""As many rows as the job `hashtags_recount` looks at."""
EXAMPLES = 3


class Count(NamedTuple):
    """A stored count: its table and column, and the counted rows, joined by their column `by`."""

    table: str
    column: str
    counted: str
    by: str
    only: str = "true"
    number: str = "count(*)"
    """What the counted rows come to."""
    more: str = "0"
    """What the row `t` that has the count adds to the number."""
    lock: str = "SELECT FROM {table} WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
    """Locks what writers of the counts with these keys lock first."""
    prepare: Callable[[], None] | None = None
    """Called before a repair."""

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


INBOXES_LOCK = """
    SELECT FROM notification_inboxes
    WHERE user_id IN (SELECT recipient_id FROM notifications WHERE id = ANY(%s)) ORDER BY user_id FOR NO KEY UPDATE
"""
PUBLIC = """
    (SELECT CASE
        WHEN p.author_id = ANY(ARRAY(
            SELECT (arguments->>'author')::bigint FROM jobs WHERE kind = 'hashtags_recount' AND failed_at IS NULL
        )) THEN is_public
        ELSE p.visibility = 0 AND NOT a.is_private AND (a.is_active OR NOT account_is_deleted(a.id))
    END FROM posts p JOIN users a ON a.id = p.author_id WHERE p.id = post_id)
"""
"""Whether everybody may see the post; until the job has judged those of its author, whether it is counted as such."""


def _hashtags_judge() -> None:
    """Judges all posts with hashtags anew, as the job does that follows accounts which are hidden and shown."""
    below = HIGHEST_KEY
    while True:
        with transaction.atomic():
            posts = [post for (post,) in run(FEED.tagged_posts_lock, below, HASHTAGS_AT_ONCE)]
            if not posts:
                return
            run(FEED.hashtags_lock, posts, [])
            run(FEED.post_hashtags_judge, posts)
        below = posts[0]


COUNTS = (
    Count("users", "post_count", "posts", "author_id"),
    Count("users", "follower_count", "follows", "followee_id"),
    Count("users", "following_count", "follows", "follower_id"),
    Count("posts", "comment_count", "comments", "post_id", only="deleted_at IS NULL"),
    Count("comments", "reply_count", "comments", "parent_id"),
    Count("posts", "quote_count", "posts", "quoted_post_id"),
    Count(
        *("hashtags", "post_count", "post_hashtags", "hashtag_id"),
        only=PUBLIC,
        prepare=_hashtags_judge,
    ),
    Count(
        *("notifications", "dropped_count", "notification_dropped_actors", "notification_id"),
        number="sum(cardinality(actors))::int",
        lock=INBOXES_LOCK,
    ),
    Count(
        *("notifications", "actor_count", "notification_actors", "notification_id"),
        number="count(DISTINCT actor_id)",
        more="(SELECT coalesce(sum(cardinality(d.actors)), 0)::int"
        " FROM notification_dropped_actors d WHERE d.notification_id = t.id)",
        lock=INBOXES_LOCK,
    ),
    *(
        Count(f"{reaction.target}s", reaction.count, reaction.table, reaction.column)
        for reaction in REACTIONS
        if reaction.count
    ),
)


class Difference(NamedTuple):
    """A row whose stored count differs from the number of its rows."""

    id: int
    stored: int
    counted: int


class Findings(NamedTuple):
    """The number of compared rows, and the keys of those that differ."""

    rows: int
    wrong: array[int]
    examples: list[Difference]


HOW_MANY = sql.SQL("SELECT count(*) FROM {table}")
DIFFERENCES = sql.SQL("""
    SELECT t.id, t.{column}, coalesce(n.counted, 0) + {more}
    FROM {table} t LEFT JOIN (
        SELECT {by} AS id, {number} AS counted FROM {counted} WHERE {only} GROUP BY {by}
    ) n ON n.id = t.id
    WHERE t.{column} <> coalesce(n.counted, 0) + {more}
""")
REPAIR = sql.SQL("""
    UPDATE {table} t SET {column} = n.counted
    FROM (
        SELECT t.id, coalesce((SELECT {number} FROM {counted} c WHERE c.{by} = t.id AND {only}), 0) + {more} AS counted
        FROM {table} t WHERE t.id = ANY(%s)
    ) n WHERE n.id = t.id AND t.{column} <> n.counted
""")


def compare(count: Count) -> Findings:
    """The differences in one snapshot. Rows and counts change in one transaction, so writers may run meanwhile.

    Cost: two statements over whole tables.
    """
    with connection.cursor() as cursor:
        cursor.execute(_statement(HOW_MANY, count))
        rows: int = cursor.fetchone()[0]
    wrong = array("q")
    examples: list[Difference] = []
    # A restored database may differ everywhere: the rows are streamed, and only keys are kept.
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_statement(DIFFERENCES, count))
        for row in cursor:
            wrong.append(row[0])
            if len(examples) < EXAMPLES:
                examples.append(Difference(*row))
    return Findings(rows, wrong, examples)


def repair(count: Count, keys: array[int]) -> None:
    """Repairs the counts with these keys. Writers may run meanwhile.

    A write changes rows and count in one transaction and locks the count's row until it commits. So
    once that row is locked here, the next statement sees exactly the rows to count.
    Locks: rows of the table in the order of keys, a thousand at once; `Count.lock` may name others.
    """
    if count.prepare is not None:
        count.prepare()
    for start in range(0, len(keys), ROWS_AT_ONCE):
        some = sorted(keys[start : start + ROWS_AT_ONCE])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_statement(sql.SQL(count.lock), count), [some])
            cursor.execute(_statement(REPAIR, count), [some])


def _statement(text: sql.SQL, count: Count) -> sql.Composed:
    names = {name: sql.Identifier(getattr(count, name)) for name in ("table", "column", "counted")}
    parts = {name: sql.SQL(getattr(count, name)) for name in ("only", "number", "more")}
    return text.format(**names, **parts, by=sql.Identifier(count.by))
