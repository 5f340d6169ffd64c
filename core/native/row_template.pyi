from collections.abc import Sequence
from typing import Any, Final, Self

# What a step does.
LITERAL: Final[int]
COLUMN: Final[int]
NUMBERED: Final[int]
COMPUTED: Final[int]
UNLESS_NULL: Final[int]
# Bytes of a prefix.
MAX_PREFIX: Final[int]

class Template:
    # Kind, column, place inside, steps to skip, text: see `Step` in core/execution/rows/to_json.py. Errors: TypeError,
    # ValueError.
    def __new__(cls, steps: tuple[tuple[int, int, int, int, bytes], ...], /) -> Self: ...
    # JSON arrays of the rows, of which each ends where the next one begins, with `before` and `after` around the items;
    # without `ends` the JSON of each row. Errors: TypeError for a value that is no text, whole number, bool or null,
    # OverflowError for a number beyond 64 bits, UnicodeEncodeError; whatever reading a row raises.
    def write(
        self,
        rows: list[Any],
        ends: tuple[int, ...] | None,
        computed: tuple[Sequence[Any], ...],
        before: bytes = b"[",
        after: bytes = b"]",
        /,
    ) -> list[bytes]: ...

# Base64 of the prefix and each number. Errors: TypeError, ValueError, OverflowError for a number beyond 64 bits.
def numbered_texts(prefix: bytes, numbers: list[int], /) -> list[str]: ...

# RFC 3339 of microseconds since 2000, eight bytes as PostgreSQL sends them. Errors: TypeError, OverflowError beyond
# the years 1 to 9999.
def moment_text(sent: bytes, /) -> str: ...
