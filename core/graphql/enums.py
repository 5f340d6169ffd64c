"""Enums of domain code, declared as GraphQL enums."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import strawberry


def declare_enum(
    kind: type[Enum], description: str, values: Mapping[Enum, str], *, name: str | None = None
) -> None:
    """Declares the enum in GraphQL. `values`: a description for every member. `name`: if not that of the class."""
    strawberry.enum(kind, name=name, description=description)
    definition = kind.__strawberry_definition__  # type: ignore[attr-defined]  # strawberry's mark
    for member, value in zip(kind, definition.values, strict=True):
        value.description = values[member]
