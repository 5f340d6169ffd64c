"""A page looks up its viewer's likes and shares by user and post, also where the average user has hardly any."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from core.database.connecting import PLANNER
from feed.statements import SQL
from tests.query_plans import plan_nodes

FILL = """
TRUNCATE users, posts CASCADE;  -- pages and statistics that other tests have left would count
INSERT INTO users (username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser)
SELECT 'liker' || n, 'liker' || n || '@example.invalid', '!', 'P', '', '', true, false, false
FROM generate_series(1, 4000) n;
INSERT INTO posts (author_id, text) SELECT id, 'x' FROM users;
INSERT INTO post_likes (user_id, post_id) SELECT author_id, id FROM posts ORDER BY hashint8(id) ON CONFLICT DO NOTHING;
INSERT INTO shares (user_id, post_id) SELECT user_id, post_id FROM post_likes;
"""
ANALYZE = "ANALYZE users, posts, post_likes, shares"
STATEMENTS = {
    "public feed": SQL.public_feed_page[""],
    "home feed": SQL.home_feed_page[""],
    "kept home feed": SQL.kept_home_feed_page[""],
    "states of many viewers": SQL.viewer_states,
}


@pytest.fixture(scope="module")
def plan_of(django_db_setup: None) -> Iterator[Any]:
    """Explains a statement where each user has one like and one share."""
    with (
        closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(FILL + ANALYZE)
        for setting, value in PLANNER.items():
            cursor.execute(f"SET {setting} = '{value}'")

        def explain(statement: str) -> dict[str, Any]:
            cursor.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {statement}")
            [[[explained]]] = cursor.fetchall()
            plan: dict[str, Any] = explained["Plan"]
            return plan

        yield explain
        connection.rollback()
        cursor.execute(ANALYZE)  # The number of rows outlives a transaction.
        connection.commit()


def looks_up(node: dict[str, Any], table: str) -> bool:
    """Whether a part of a plan looks for a viewer's reactions to the posts of a page."""
    conditions = node.get("Index Cond", "") + node.get("Filter", "")
    return node.get("Relation Name") == table and "post_id = ANY" in conditions


@pytest.mark.parametrize("table", ["post_likes", "shares"])
@pytest.mark.parametrize("name", STATEMENTS)
def test_reactions_of_the_viewer_are_looked_up_by_pair(plan_of: Any, name: str, table: str) -> None:
    plan = plan_of(STATEMENTS[name])
    read = [node for node in plan_nodes(plan) if looks_up(node, table)]
    assert {node["Index Name"] for node in read} == {f"{table}_pkey"}, json.dumps(plan, indent=1)
