"""How a schema may say that something holds for many values at once.

The standard executor sees functions like any others here, and the answers are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import orjson


class InstancesOf:
    """A type's `is_type_of` that only looks at the class of a value, so that it is asked once for each class.

    Values of the attributes in `exact` are not looked at again: they are what the schema says of their fields,
    since they come from columns of such types.
    """

    def __init__(self, kind: type, *, exact: Collection[str] = ()) -> None:
        self.kind = kind
        self.exact = frozenset(exact)

    def __call__(self, value: object, _info: object) -> bool:
        return isinstance(value, self.kind)


class Serializer:
    """A scalar's `serialize`: of one value, or of many where it has a faster way.

    `many` gives the same as `one` for each value, or None if it can't tell.
    """

    def __init__(
        self, one: Callable[[Any], Any], many: Callable[[list[Any]], list[Any] | None]
    ) -> None:
        self.one = one
        self.many = many

    def __call__(self, value: Any) -> Any:
        return self.one(value)


def of_all(values: Callable[[list[Any]], list[Any]]) -> Callable[[Any], Any]:
    """A resolver made from a function that gives the values of many objects, in their order.

    Of each object it gives what it would of that object alone. Use below `@strawberry.field(graphql_type=...)`.
    """

    def resolve(self: Any) -> Any:
        return values([self])[0]

    resolve.__of_all__ = values  # type: ignore[attr-defined]  # functions may carry one
    return resolve


SEPARATOR = '","'


def joined_iso_texts(moments: list[Any]) -> str | None:
    """What `isoformat()` gives for each, with `SEPARATOR` between them; None unless all are plain
    datetimes in UTC.
    """
    if {*map(type, moments)} != {datetime}:
        return None
    # A list of texts that need no escapes: '["...","..."]'.
    joined = orjson.dumps(moments)[2:-2].decode()
    return joined if joined.count("+00:00") == len(moments) else None


def iso_texts(moments: list[Any]) -> list[str] | None:
    """What `isoformat()` gives for each; None unless all are plain datetimes in UTC."""
    joined = joined_iso_texts(moments)
    return None if joined is None else joined.split(SEPARATOR)
