"""The plans that PostgreSQL's EXPLAIN gives as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def plan_nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The node and all below it."""
    yield plan
    for part in plan.get("Plans", []):
        yield from plan_nodes(part)
