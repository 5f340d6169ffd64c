"""Refuses operations that cost too much or may not read the schema, and reports what they cost in `extensions.cost`."""

from __future__ import annotations

from core.database.usage import Usage
from core.errors import ClientError, JSONObject
from core.graphql.document import DocumentOperation
from core.graphql.limits.limits import Limits, over_limit

REPORT_HEADER = b"graphql-cost"
REPORT = b"report"
"""A client that sends the header with this value gets `extensions.cost`, as from Hot Chocolate."""
SUBSCRIPTION_SHARE = 10
"""A subscription is executed again for each event, which takes no points: its cost may be so many times smaller."""
LESS = "Request fewer objects: a smaller `first`, fewer nested lists, or several requests."


def checked_cost(operation: DocumentOperation, variables: JSONObject, limits: Limits) -> int:
    """The cost of the operation with these variables, as they were sent. Errors: LIMIT_EXCEEDED."""
    cost = operation.cost.value(variables)
    allowed = limits.cost
    if operation.kind == "subscription":
        allowed //= SUBSCRIPTION_SHARE
    if cost > allowed:
        raise over_limit("cost", cost, allowed, LESS)
    return cost


def check_introspection(
    operation: DocumentOperation, limits: Limits, *, is_anonymous: bool
) -> None:
    """Errors: INTROSPECTION_DISABLED for an operation without an access token that reads the schema."""
    if operation.introspects and is_anonymous and not limits.anonymous_introspection:
        raise ClientError(
            "Sign in to read the schema, or use the file schema.graphql.", "INTROSPECTION_DISABLED"
        )


def check_answer_size(size: int, limits: Limits) -> None:
    """Errors: LIMIT_EXCEEDED for an answer of so many bytes."""
    if size > limits.answer_bytes:
        advice = (
            "Request less at once. If the operation is a mutation, it has taken effect already."
        )
        raise over_limit("bytes of an answer", size, limits.answer_bytes, advice)


def actual_cost(operation: DocumentOperation, cost: int, usage: Usage | None) -> int:
    """What a query has cost: one for each statement and each row that it read, at most its cost before execution.

    A mutation or an introspection costs what it cost before execution, an answer from the cache (no `usage`) nothing.
    """
    if usage is None:
        return 0
    if operation.kind != "query" or operation.introspects:
        return cost
    return min(cost, usage.statements + usage.rows)


def cost_report(
    operation: DocumentOperation, cost: int, usage: Usage | None, limits: Limits
) -> JSONObject:
    """The `extensions` that report the cost of an operation."""
    return {
        "cost": {
            "requested": cost,
            "actual": actual_cost(operation, cost, usage),
            "limit": limits.cost,
            "statements": 0 if usage is None else usage.statements,
        }
    }
