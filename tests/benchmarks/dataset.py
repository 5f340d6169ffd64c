"""Copies the comparison data set into the product's tables: `python -m tests.benchmarks.dataset`.

Keys and counts stay the same. Shares are not copied, only counted, since the other servers' home feeds contain none.
Follows of oneself are skipped: a home feed contains the viewer's own posts without them.
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from time import monotonic
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg2
from django.core.management import call_command
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812  # a class with a small name

SOURCE = "postgresql://postgres@127.0.0.1:5599/feed"
DATABASE = "feed_ours"

COPIES = {
    "users (id, username, email, password, display_name, bio, avatar_url, created_at, "
    "follower_count, following_count, post_count, is_active, is_staff, is_superuser)": """
        SELECT u.id, username, username || '@example.invalid', '!', display_name, bio, avatar_url,
            created_at, coalesce(followers.n, 0), coalesce(following.n, 0), coalesce(written.n, 0),
            true, false, false
        FROM users u
        LEFT JOIN (SELECT followee_id AS id, count(*) AS n FROM follows
            WHERE followee_id <> follower_id GROUP BY 1) followers USING (id)
        LEFT JOIN (SELECT follower_id AS id, count(*) AS n FROM follows
            WHERE followee_id <> follower_id GROUP BY 1) following USING (id)
        LEFT JOIN (SELECT author_id AS id, count(*) AS n FROM posts GROUP BY 1) written USING (id)
        ORDER BY u.id""",
    "posts (id, author_id, text, created_at, like_count, comment_count, share_count)": """
        SELECT id, author_id, text, created_at, like_count, comment_count, share_count
        FROM posts ORDER BY id""",
    "comments (id, post_id, author_id, text, created_at)": """
        SELECT id, post_id, author_id, text, created_at FROM comments ORDER BY id""",
    "post_likes (id, user_id, post_id, created_at)": """
        SELECT id, user_id, post_id, created_at FROM likes ORDER BY id""",
    "follows (id, follower_id, followee_id, created_at)": """
        SELECT id, follower_id, followee_id, created_at FROM follows
        WHERE follower_id <> followee_id ORDER BY id""",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Copies the comparison data set into the product's tables."
    )
    parser.add_argument(
        "--source", default=SOURCE, help="URL of the database with the comparison data set"
    )
    source = parser.parse_args().source
    target = urlunsplit(urlsplit(source)._replace(path=f"/{DATABASE}"))
    make_database(source)
    os.environ.update(DATABASE_URL=target, DJANGO_SETTINGS_MODULE="core.config.settings")
    os.environ.setdefault("DEBUG", "true")
    django.setup()
    call_command("migrate", verbosity=0)
    for into, query in COPIES.items():
        started = monotonic()
        rows = copy(source, query, target, into)
        print(f"{rows:>9,} {into.split()[0]:<12} {monotonic() - started:5.1f} s", flush=True)
    with closing(psycopg2.connect(target)) as connection:
        connection.autocommit = True
        execute(connection, "REINDEX DATABASE")
        execute(connection, "VACUUM (ANALYZE)")
        execute(connection, "CHECKPOINT")
    print(f"Ready: {target}")


def make_database(source: str) -> None:
    """Drops and creates the target database on the server of the source."""
    name = sql.Identifier(DATABASE)
    with closing(psycopg2.connect(source)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(name))


def copy(source: str, query: str, target: str, into: str) -> int:
    """Streams rows from one database to the other; returns how many."""
    read_end, write_end = os.pipe()
    with (
        closing(psycopg2.connect(source)) as reading,
        closing(psycopg2.connect(target)) as writing,
        ThreadPoolExecutor(1) as other,
        reading.cursor() as reader,
        writing.cursor() as writer,
    ):

        def send() -> None:
            with os.fdopen(write_end, "wb") as pipe:
                reader.copy_expert(f"COPY ({query}) TO STDOUT", pipe)

        sent = other.submit(send)
        # Skips foreign key checks: the source satisfies them.
        writer.execute("SET session_replication_role = replica")
        with os.fdopen(read_end, "rb") as pipe:
            writer.copy_expert(f"COPY {into} FROM STDIN", pipe)
        rows = writer.rowcount
        sent.result()
        writing.commit()
    return rows


def execute(connection: Connection, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


if __name__ == "__main__":
    main()
