"""Scalars whose text is part of the contract."""

from __future__ import annotations

from datetime import UTC, datetime

import strawberry

DateTime = strawberry.scalar(
    name="DateTime",
    description="A moment in UTC as in RFC 3339, with microseconds: 2012-07-04T07:30:00.000000+00:00.",
    serialize=lambda moment: moment.astimezone(UTC).isoformat(timespec="microseconds"),
    parse_value=datetime.fromisoformat,
)
