"""Every named statement fits the schema, and has an index for each way it goes into a table."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from importlib import import_module
from typing import Any

import psycopg2
import pytest

from core.database.database import PLANNER

ROOMS = [
    "core.accounts.selectors",
    "core.events.event_log",
    "feed.selectors",
    "interactions.selectors",
]
STATEMENTS: Mapping[str, str] = {
    f"{room}: {name}": text for room in ROOMS for name, text in import_module(room).SQL.items()
}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


@pytest.mark.parametrize("name", STATEMENTS)
def test_each_statement_uses_indexes(django_db_setup: None, name: str) -> None:
    """Under the pool's planner settings, what is still read whole has no index that fits.

    Nor is a table's part put into a hash: of the most active people it would be all of their likes.
    """
    # The simple protocol, so that nothing asks for the parameters.
    with (
        closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection,
        connection.cursor() as cursor,
    ):
        for setting, value in PLANNER.items():
            cursor.execute(f"SET {setting} = '{value}'")
        cursor.execute(f"EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) {STATEMENTS[name]}")
        ((explained,),) = cursor.fetchall()
    whole = [
        node["Relation Name"]
        for node in nodes(explained[0]["Plan"])
        if node["Node Type"] == "Seq Scan"
    ]
    assert not whole, json.dumps(explained, indent=1)
    hashed = set(re.findall(r"hashed (SubPlan \d+)", json.dumps(explained)))
    of_tables = [
        node["Subplan Name"]
        for node in nodes(explained[0]["Plan"])
        if node.get("Subplan Name") in hashed
        and any("Index Name" in below for below in nodes(node))
    ]
    assert not of_tables, json.dumps(explained, indent=1)
