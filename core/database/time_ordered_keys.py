"""64-bit time-ordered keys that PostgreSQL generates.

Layout: 1 sign bit, 41 bits of milliseconds since 2010-01-01 UTC (until 2079), 22 bits of a sequence. All tables and
processes share one sequence: there is no machine number to configure, and two keys collide only if 4,194,304 are
generated within a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from django.db import migrations, models

SetType = TypeVar("SetType")
GetType = TypeVar("GetType")

EPOCH_MS = 1_262_304_000_000
SEQUENCE_BITS = 22
HIGHEST_KEY = 2**63 - 1


def key_at(moment: datetime, sequence: int) -> int:
    """The key that `time_ordered_key` would generate at that moment; for bulk loads with given creation times."""
    milliseconds = int(moment.timestamp() * 1000) - EPOCH_MS
    return milliseconds << SEQUENCE_BITS | sequence & ((1 << SEQUENCE_BITS) - 1)


def moment_of(key: int) -> datetime:
    """When a key was generated, to the millisecond."""
    milliseconds = (key >> SEQUENCE_BITS) + EPOCH_MS
    return datetime.fromtimestamp(milliseconds // 1000, UTC) + timedelta(
        milliseconds=milliseconds % 1000
    )


def key_array(keys: Iterable[int | None]) -> str:
    """Keys for a parameter `$1::text::bigint[]`. asyncpg takes ten times as long to encode a list of twenty."""
    return f"{{{orjson.dumps([*keys])[1:-1].decode()}}}"


class TimeOrderedKey(models.Func):
    """The column default `time_ordered_key()`."""

    function = "time_ordered_key"
    arity = 0
    output_field = models.BigIntegerField()


class CurrentTransaction(models.Func):
    """The 64-bit id of the current transaction."""

    template = "(pg_current_xact_id()::text::bigint)"
    arity = 0
    output_field = models.BigIntegerField()


if TYPE_CHECKING:
    BigIntegerField = models.BigIntegerField[int, int]
else:
    BigIntegerField = models.BigIntegerField


class KeyField(BigIntegerField):
    """A time-ordered key that PostgreSQL generates."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("db_default", TimeOrderedKey())
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through


class TransactionField(BigIntegerField):
    """The id of the transaction that inserted the row, set by PostgreSQL; null for rows older than the column."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("db_default", CurrentTransaction())
        kwargs.setdefault("editable", False)
        kwargs.setdefault("null", True)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through


class Reference(models.ForeignKey[SetType, GetType]):
    """A foreign key that PostgreSQL itself enforces, immediately: `ForeignKeysInDatabase` creates it in a migration.

    Indexes are declared with the model, for its statements.
    """

    def __init__(
        self,
        to: type[models.Model] | str,
        *,
        related_name: str = "+",
        null: bool = False,
        rule: str = "CASCADE",
        **kwargs: Any,
    ) -> None:
        """`rule`: what PostgreSQL does with the row when `to` is deleted. NO ACTION where that must be counted."""
        kwargs |= {"on_delete": models.DO_NOTHING, "db_constraint": False, "db_index": False}
        super().__init__(to, related_name=related_name, null=null, **kwargs)
        self.rule = rule

    def deconstruct(self) -> Any:
        """As Django's own foreign key: to Django the table has only a column."""
        name, _, arguments, named = super().deconstruct()
        return name, "django.db.models.ForeignKey", arguments, named


class ForeignKeysInDatabase(migrations.RunSQL):
    """Creates foreign keys that PostgreSQL enforces immediately and cascades itself.

    Django's own constraints are deferred to the commit, and Django cascades in Python, row by row.
    """

    def __init__(self, *references: tuple[str, str, str], on_delete: str = "CASCADE") -> None:
        """`references`: table, column, and the table that it refers to."""
        super().__init__(
            "".join(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_fkey FOREIGN KEY ({column}) "
                f"REFERENCES {target} ON DELETE {on_delete};\n"
                for table, column, target in references
            ),
            "".join(
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_fkey;\n"
                for table, column, _ in references
            ),
        )
