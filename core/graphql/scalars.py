"""Scalars whose serialized form is part of the contract."""

from __future__ import annotations

from datetime import UTC, datetime

import strawberry

from core.execution import PassthroughText


def to_text(moment: datetime) -> str:
    """The time in UTC with microseconds. Rows have it as this text; see `core/database/moments.py`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


DateTime = strawberry.scalar(
    name="DateTime",
    description=(
        "A time in UTC in the format of RFC 3339, with microseconds: "
        "2012-07-04T07:30:00.000000+00:00."
    ),
    specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
    serialize=PassthroughText(to_text),
    parse_value=datetime.fromisoformat,
)
