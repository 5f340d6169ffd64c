"""Moments in the form in which clients get them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from asyncpg import Connection

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def moment_text_in_python(sent: bytes) -> str:
    """RFC 3339 of microseconds since 2000 as PostgreSQL sends them.

    Errors: OverflowError beyond the years 1 to 9999.
    """
    moment = EPOCH + timedelta(microseconds=int.from_bytes(sent, signed=True))
    return moment.isoformat(timespec="microseconds")


try:
    from core.native.row_template import moment_text
except ImportError:  # Not compiled here.
    moment_text = moment_text_in_python


async def read_moments_as_text(connection: Connection) -> None:
    """Makes the connection read `timestamp`, which is the type of the fragment `{moment}` alone, as text.

    No statement has a parameter of that type. Cost: one statement.
    """
    await connection.set_type_codec(
        "timestamp", schema="pg_catalog", format="binary", encoder=bytes, decoder=moment_text
    )
