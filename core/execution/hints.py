"""How a schema may say that something holds for many values at once.

The standard executor sees functions like any others here, and the answers are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson


class InstancesOf:
    """A type's `is_type_of` that only looks at the class of a value, so that it is asked once for each class."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

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


def iso_texts(moments: list[Any]) -> list[str] | None:
    """What `isoformat()` gives for each, if all are plain datetimes in UTC; else None."""
    if {*map(type, moments)} != {datetime} or {moment.tzinfo for moment in moments} != {UTC}:
        return None
    # A list of texts that need no escapes: '["...","..."]'.
    return orjson.dumps(moments)[2:-2].decode().split('","')
