"""The limits on one request."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import Counter

from core.errors import ClientError

LIMITS_REACHED = Counter(
    "feed_limits_reached",
    "Requests that exceeded a limit, by what it counts; the same invalid document is counted once while it is cached.",
    ["limit"],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every limit on a request. A document is counted with its fragments expanded."""

    body_bytes: int = 256 * 1024
    body_seconds: float = 10
    """The timeout for receiving the body."""
    execution_seconds: float = 10

    json_depth: int = 32
    json_values: int = 10_000
    """Depth and number of the values in `variables` and `extensions`."""
    list_items: int = 1_000
    """Items of one list in `variables` or in an argument."""

    document_characters: int = 64 * 1024
    tokens: int = 1_500
    comments: int = 1_000
    lines: int = 3_000
    """Those of all tokens and comments; each error of the document counts lines up to its place."""
    escapes: int = 2_000
    """Backslashes of the document; one takes as long as fifteen other characters of a string."""
    operations: int = 32
    """Operations in one document; one of them is executed."""
    variables: int = 200
    """Definitions of variables in all operations."""
    fields: int = 1_000
    depth: int = 12
    aliases: int = 60
    directives: int = 50
    root_fields: int = 20
    fragment_spreads: int = 200
    nesting: int = 100
    """Depth of fields, inline fragments and fragment spreads together."""
    number_characters: int = 40
    """Length of a number literal."""
    name_characters: int = 200
    """Length of a name. An alias is in the answer as often as its field."""
    input_fields: int = 50
    """Fields of one object in an argument. No input type has as many."""

    cost: int = 5_000
    """See `core/graphql/limits/cost.py`."""
    answer_bytes: int = 8 * 1024 * 1024

    introspection_depth: int = 20
    introspection_lists: int = 3
    """Depth of nested lists (`types`, `fields`, `args` …). The standard query has three."""
    introspection_aliases: int = 8

    merge_steps: int = 1_500
    """Comparisons to check that fields of one name can be merged; most documents need under 200."""
    validation_errors: int = 5

    anonymous_introspection: bool = True
    """Whether requests without an access token may read the schema."""

    reports_cost: bool = False
    """Whether all answers report their cost, and not only those to clients that ask for it."""


def over_limit(limit: str, found: int | str, allowed: float, advice: str) -> ClientError:
    """The error for a request that exceeds a limit.

    `limit`: what is counted, in words. `advice`: how to stay below it, as a sentence.
    """
    LIMITS_REACHED.labels(limit).inc()
    return ClientError(
        f"The limit on {limit} is {allowed:,}; this request has {_shown(found)}. {advice}",
        "LIMIT_EXCEEDED",
        limit=limit,
        allowed=allowed,
        found=found,
    )


def _shown(found: int | str) -> str:
    return f"{found:,}" if isinstance(found, int) else found
