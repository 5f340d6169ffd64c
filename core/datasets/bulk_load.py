"""Bulk loads: rows are copied into staging tables, then inserted and counted by one statement a table.

Rows that refer to missing rows are left out and existing rows stay unchanged, so all counts equal
their rows whatever the database holds. Loads write no events, so
kept home feeds are retired.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from io import StringIO

from django.db import connection, transaction
from psycopg2 import sql

from core.datasets.dataset_rows import TYPES, DatasetRows, NewRow
from core.datasets.statements import SQL
from feed.home_feeds import home_feeds_retire

STAGE = sql.SQL("CREATE TEMP TABLE {new} AS SELECT {columns} FROM {table} WITH NO DATA")
COPY = sql.SQL("COPY {new} ({columns}) FROM STDIN")
LOADS = {
    "users": SQL.load_users,
    "posts": SQL.load_posts,
    "follows": SQL.load_follows,
    "comments": SQL.load_comments,
    **SQL.load_post_reactions,
    "comment_likes": SQL.load_comment_likes,
}
ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def load(rows: DatasetRows) -> dict[str, int]:
    """The number of rows inserted, by table.

    Locks: the users, posts and comments whose counts change, each table in the order of keys.
    """
    inserted = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for table, row_type in TYPES.items():
            new_rows: list[NewRow] = getattr(rows, table)
            inserted[table] = 0
            if new_rows:
                columns = sql.SQL(", ").join(map(sql.Identifier, row_type._fields))
                names = {"table": sql.Identifier(table), "new": sql.Identifier(f"new_{table}")}
                cursor.execute(STAGE.format(columns=columns, **names))
                cursor.copy_expert(COPY.format(columns=columns, **names), _lines(new_rows))
                cursor.execute(LOADS[table])
                inserted[table] = cursor.fetchone()[0]
        if rows.comments:
            cursor.execute(SQL.count_replies)
        for table in TYPES:
            if getattr(rows, table):
                cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(f"new_{table}")))
        home_feeds_retire()
    return inserted


def vacuum() -> None:
    """Updates the tables' statistics and visibility maps, on which query plans depend."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(TYPES)}")


def _lines(rows: Iterable[NewRow]) -> StringIO:
    lines = StringIO()
    for row in rows:
        lines.write("\t".join([_cell(value) for value in row]))
        lines.write("\n")
    lines.seek(0)
    return lines


def _cell(value: int | str | datetime | None) -> str:
    if value is None:
        return r"\N"
    return value.translate(ESCAPES) if isinstance(value, str) else str(value)
