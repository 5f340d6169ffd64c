"""Numbers that operators write: in settings and in arguments of commands."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

Refuse = Callable[[str], Exception]
"""The error for a text that is something else. The argument names what it must be: "a number from 1 to 5"."""


def whole_number(lowest: int, highest: int, refuse: Refuse) -> Callable[[str], int]:
    """A parser of whole numbers within the bounds."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not lowest <= int(text) <= highest:
            raise refuse(f"a whole number from {lowest:,} to {highest:,}")
        return int(text)

    return parse


def number(lowest: float, highest: float, refuse: Refuse) -> Callable[[str], float]:
    """A parser of numbers within the bounds."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not lowest <= value <= highest:
            raise refuse(f"a number from {lowest:,g} to {highest:,g}")
        return value

    return parse
