"""Numbers of settings and of arguments of commands: the same texts are numbers in both."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

import pytest

from core.config import parsing
from core.database import commands

Make = Callable[[int, int], Callable[[str], Any]]


@pytest.mark.parametrize(
    ("whole", "number", "refusal"),
    [
        (parsing.whole_number, parsing.number, parsing.ValueInvalid),
        (commands.whole_number, commands.number, ArgumentTypeError),
    ],
)
def test_a_number_within_its_bounds(whole: Make, number: Make, refusal: type[Exception]) -> None:
    assert [whole(1, 2_000)(text) for text in ("1", "007", "2000")] == [1, 7, 2_000]
    for text in ("", "0", "2001", "-1", "1.0", "2,000", " 1", "\u0663", "1" * 5_000, "many"):
        with pytest.raises(refusal, match="a whole number from 1 to 2,000"):
            whole(1, 2_000)(text)
    assert [number(1, 2_000)(text) for text in ("1", "1.5", "2e3")] == [1, 1.5, 2_000]
    for text in ("", "0.99", "2000.1", "nan", "inf", "-inf", "many"):
        with pytest.raises(refusal, match="a number from 1 to 2,000"):
            number(1, 2_000)(text)
