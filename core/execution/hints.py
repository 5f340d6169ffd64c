"""How a schema may say that something holds for many values at once.

The standard executor sees functions like any others here, and the answers are the same.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from operator import attrgetter
from types import FunctionType
from typing import Any, NamedTuple, get_type_hints

import orjson


def numbered_texts_in_python(prefix: bytes, numbers: list[int]) -> list[str]:
    """Base64 of the prefix and each number."""
    form = prefix.replace(b"%", b"%%") + b"%d"
    return [b2a_base64(form % number, newline=False).decode() for number in numbers]


try:
    from core.execution.row_template import numbered_texts
except ImportError:  # Not compiled here.
    numbered_texts = numbered_texts_in_python


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


class TextAsItIs:
    """A scalar's `serialize` that gives text back as it is, so that it needs not be called for text."""

    def __init__(self, serialize: Callable[[Any], Any]) -> None:
        self.serialize = serialize

    def __call__(self, value: Any) -> Any:
        return value if type(value) is str else self.serialize(value)


class Base64Numbers:
    """A function of a column of whole numbers: base64 of a prefix and each number."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix.encode()

    def __call__(self, numbers: list[int]) -> list[str]:
        return numbered_texts(self.prefix, numbers)


class OfColumns(NamedTuple):
    """How a field is computed for many objects at once."""

    attributes: tuple[str, ...]
    function: Callable[..., list[Any]]
    """From a list for each attribute."""

    @property
    def gives_text(self) -> bool:
        """Whether the function is annotated to give text only, which is believed."""
        function: Any = self.function
        plain = function if isinstance(function, FunctionType) else type(function).__call__
        return get_type_hints(plain).get("return") == list[str]


def of_columns(*attributes: str) -> Callable[[Callable[..., list[Any]]], Callable[[Any], Any]]:
    """A resolver made from a function of columns: of lists with those attributes of many objects.

    It gives a value for each object, in their order, whatever the others are.
    """
    read = attrgetter(*attributes)
    one = len(attributes) == 1

    def declare(function: Callable[..., list[Any]]) -> Callable[[Any], Any]:
        def resolve(self: Any) -> Any:
            found = read(self)
            return function([found])[0] if one else function(*[[value] for value in found])[0]

        resolve.__of_columns__ = OfColumns(attributes, function)  # type: ignore[attr-defined]  # functions may carry one
        return resolve

    return declare


TIME_ZONE = attrgetter("tzinfo")


def iso_texts(moments: list[Any]) -> list[str] | None:
    """What `isoformat()` gives for each; None unless all are plain datetimes in UTC."""
    if {*map(type, moments)} != {datetime} or {*map(TIME_ZONE, moments)} != {UTC}:
        return None
    # A list of texts that need no escapes: '["...","..."]'.
    return orjson.dumps(moments)[2:-2].decode().split('","')
