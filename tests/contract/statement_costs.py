"""What a statement reads of PostgreSQL's tables and indexes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from asyncpg import Connection

from tests.query_plans import plan_nodes


class Cost(NamedTuple):
    """What one execution of a statement reads."""

    buffers: int
    """Pages of tables and indexes, each as often as it is read."""
    rows: int
    """Rows and index entries, with those that a filter removes."""


async def cost_of(
    connection: Connection, statement: str, arguments: Sequence[object], table: str | None = None
) -> Cost:
    """The cost of a statement with these arguments, once the caches of the connection are filled.

    `table`: counts the rows of this one alone.
    """
    await connection.execute(f"PREPARE page AS {statement}")
    values = f"({', '.join(map(_literal, arguments))})" if arguments else ""
    explain = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE page{values}"
    await connection.execute(explain)
    ((text,),) = await connection.fetch(explain)
    await connection.execute("DEALLOCATE page")
    plan = json.loads(text)[0]["Plan"]
    buffers = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    read = [node for node in plan_nodes(plan) if table in {None, node.get("Relation Name")}]
    return Cost(buffers, round(sum(map(_rows_read, read))))


def _rows_read(node: dict[str, Any]) -> float:
    if "Relation Name" not in node:
        return 0
    removed: float = node.get("Rows Removed by Filter", 0)
    return float((node["Actual Rows"] + removed) * node["Actual Loops"])


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return _literal("{" + ",".join(map(str, value)) + "}")
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
