"""How a setting is declared."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """How one variable is parsed, its purpose and its defaults."""

    parse: Callable[[str], Any]
    default: str
    purpose: str
    default_in_debug: str | None = None


def setting(
    parse: Callable[[str], Any], default: str, purpose: str, *, in_debug: str | None = None
) -> Any:
    """A dataclass field that is read from the variable of its name in capitals.

    A variable with an empty default must be set, unless DEBUG is true and there is a default `in_debug`.
    """
    described = Setting(parse, default, purpose, in_debug)
    return dataclasses.field(metadata={"setting": described})
