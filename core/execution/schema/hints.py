"""Declarations for schemas, by which values are resolved or checked many at a time.

To the standard executor they are ordinary functions, with the same results.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from operator import attrgetter
from types import FunctionType
from typing import Any, NamedTuple, get_type_hints

import orjson


def base64_numbers_in_python(prefix: bytes, numbers: list[int]) -> list[str]:
    """Base64 of the prefix and each number."""
    form = prefix.replace(b"%", b"%%") + b"%d"
    return [b2a_base64(form % number, newline=False).decode() for number in numbers]


try:
    from core.native.row_template import numbered_texts
except ImportError:  # Not compiled here.
    numbered_texts = base64_numbers_in_python


class InstancesOf:
    """A type's `is_type_of` that only looks at the class of a value, so that it is called once for each class.

    Values of the attributes in `exact` are not looked at again: they are what the schema says of their fields,
    since they come from columns of such types.
    """

    def __init__(self, kind: type, *, exact: Collection[str] = ()) -> None:
        self.kind = kind
        self.exact = frozenset(exact)

    def __call__(self, value: object, _info: object) -> bool:
        return isinstance(value, self.kind)


class PassthroughText:
    """A scalar's `serialize` that returns text as it is, so that it is not called for text."""

    def __init__(self, serialize: Callable[[Any], Any]) -> None:
        self.serialize = serialize

    def __call__(self, value: Any) -> Any:
        return value if type(value) is str else self.serialize(value)


class GlobalIdEncoder:
    """Encodes whole numbers: base64 of a prefix and each number."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix.encode()

    def __call__(self, numbers: list[int]) -> list[str]:
        return numbered_texts(self.prefix, numbers)


class BatchResolver(NamedTuple):
    """How a field is resolved for many parents at once."""

    attributes: tuple[str, ...]
    function: Callable[..., list[Any]]
    """Takes a list of values for each attribute."""

    @property
    def gives_text(self) -> bool:
        """Whether the function is annotated to return strings only; the annotation is trusted."""
        function: Any = self.function
        plain = function if isinstance(function, FunctionType) else type(function).__call__
        return get_type_hints(plain).get("return") == list[str]

    def resolve(self, parent: Any) -> Any:
        """The value for one parent. Errors: whatever the attributes or the function raise."""
        return self.function(*[[getattr(parent, name)] for name in self.attributes])[0]


def batch_resolver(*attributes: str) -> Callable[[Callable[..., list[Any]]], Callable[[Any], Any]]:
    """A resolver made of a function that takes lists: one for each attribute, with the values of many parents.

    The function returns a value for each parent, in their order, which depends on no other parent.
    """

    def declare(function: Callable[..., list[Any]]) -> Callable[[Any], Any]:
        declared = BatchResolver(attributes, function)

        def resolve(self: Any) -> Any:
            return declared.resolve(self)

        resolve.__resolution__ = declared  # type: ignore[attr-defined]  # functions can have attributes
        return resolve

    return declare


TIME_ZONE = attrgetter("tzinfo")


def iso_texts(moments: list[Any]) -> list[str] | None:
    """What `isoformat()` returns for each; None unless all are plain datetimes in UTC."""
    if {*map(type, moments)} != {datetime} or {*map(TIME_ZONE, moments)} != {UTC}:
        return None
    # A list of texts that need no escapes: '["...","..."]'.
    return orjson.dumps(moments)[2:-2].decode().split('","')
