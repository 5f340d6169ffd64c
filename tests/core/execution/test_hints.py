"""Hints of a schema for many values at once change no result."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import strawberry
from graphql import execute, parse
from hypothesis import given
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from core.execution.api import Executor
from core.execution.schema.hints import InstancesOf, PassthroughText, iso_texts

ZONES = st.sampled_from((None, UTC, UTC, timezone(timedelta(hours=2)), timezone(timedelta(0))))


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=1))
def test_moments_in_utc_are_written_as_isoformat_writes_them(moments: list[datetime]) -> None:
    assert iso_texts(moments) == [moment.isoformat() for moment in moments]


@given(st.lists(st.datetimes(timezones=ZONES), min_size=1))
def test_other_moments_are_written_the_same_or_left_to_isoformat(moments: list[datetime]) -> None:
    assert iso_texts(moments) in (None, [moment.isoformat() for moment in moments])


def test_values_other_than_datetimes_are_left_to_isoformat() -> None:
    class Later(datetime):
        def isoformat(self, *_: Any, **__: Any) -> str:
            return "later"

    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert iso_texts([now, Later(2026, 1, 1, tzinfo=UTC)]) is None
    assert iso_texts([now, "2026-01-01"]) is None


class Row:
    def __init__(self, number: int) -> None:
        self.number = number


class SpecialRow(Row):
    pass


class Stranger(Row):
    pass


Count = strawberry.scalar(
    name="Count",
    serialize=PassthroughText(lambda number: f"{number:,}"),
)


class Counted:
    pass


@strawberry.type
class Thing:
    number: Counted

    is_type_of = InstancesOf(SpecialRow)


@strawberry.type
class Query:
    @strawberry.field
    def things(self, strange: bool = False) -> list[Thing | None]:
        rows: Any = [SpecialRow(1000), SpecialRow(2000)]
        return [*rows, Stranger(1)] if strange else rows  # type: ignore[list-item]  # the error that is tested

    @strawberry.field
    def numbers(self, numbers: list[str]) -> list[Counted | None]:
        odd: Any = {"odd": []}
        found: Any = [
            int(number) if number.isdigit() else odd.get(number, number) for number in numbers
        ]
        return found  # type: ignore[no-any-return]  # values of the scalar


def test_hints_change_no_result() -> None:
    schema = strawberry.Schema(Query, config=StrawberryConfig(scalar_map={Counted: Count}))._schema
    document = parse(
        """{ things { number } more: things(strange: true) { number }
             numbers(numbers: ["1234567", "5"]) texts: numbers(numbers: ["a few", "many"])
             mixed: numbers(numbers: ["1234567", "many"]) odd: numbers(numbers: ["5", "odd"]) }"""
    )
    executor = Executor(schema)
    standard: Any = execute(
        schema,
        document,
        executor_class=StrawberryGraphQLCoreExecutionContext,
        operation_extensions=None,
    )
    for _ in range(2):
        compiled: Any = executor.execute(document)
        assert compiled.data == standard.data
        assert [error.formatted for error in compiled.errors] == [
            error.formatted for error in standard.errors
        ]
    assert standard.data["things"] == [{"number": "1,000"}, {"number": "2,000"}]
    assert standard.data["more"][2] is None
    assert standard.data["mixed"] == ["1,234,567", "many"]
