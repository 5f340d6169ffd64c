"""Rows are written as the JSON that orjson makes of their values; wrong arguments are errors and no crashes."""

from __future__ import annotations

import gc
import sys
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.database.moments import moment_text_in_python
from core.execution.rows.to_json import Step
from core.execution.schema.hints import base64_numbers_in_python

pytest.importorskip("core.native.row_template", reason="not compiled")
from core.native.row_template import (
    COLUMN,
    COMPUTED,
    LITERAL,
    MAX_PREFIX,
    NUMBERED,
    UNLESS_NULL,
    Template,
    moment_text,
    numbered_texts,
)

NUMBERS = st.sampled_from([-(2**63), 2**63 - 1]) | st.integers(-(2**63), 2**63 - 1)
VALUES = (
    st.text()
    | NUMBERS
    | st.booleans()
    | st.none()
    | st.text('"\\\b\t\n\f\r\x00\x1f\x7fä𝄞', max_size=40)
)
PREFIXES = st.binary(max_size=MAX_PREFIX)


def template(*steps: Step) -> Template:
    return Template(steps)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1))
def test_values_are_written_as_orjson_writes_them(rows: list[tuple[Any, Any]]) -> None:
    made = template(
        Step(LITERAL, text=b'{"a":'),
        Step(COLUMN, 0),
        Step(LITERAL, text=b',"b":'),
        Step(COMPUTED, 0),
        Step(LITERAL, text=b"}"),
    )
    computed = [second for _, second in rows]
    whole = orjson.dumps([{"a": first, "b": second} for first, second in rows])
    assert made.write(rows, (len(rows),), (computed,)) == [whole]
    parts = made.write(rows, tuple(range(len(rows) + 1)), (computed,))
    assert parts[0] == b"[]"
    assert b"[" + b",".join(part[1:-1] for part in parts[1:]) + b"]" == whole
    assert made.write(rows, (), (computed,)) == []
    assert made.write(rows, None, (computed,)) == [part[1:-1] for part in parts[1:]]
    around = made.write(rows, (0, len(rows)), (computed,), b'{"all":[', b"]}")
    assert around == [b'{"all":[]}', b'{"all":' + whole + b"}"]


def test_arrays_of_every_length_fit_into_the_buffer() -> None:
    for length in range(300):
        made = template(Step(COLUMN))
        made.write(
            [("",)], (1,), ()
        )  # The buffer has the length of this array and a little more from now on.
        for text in (
            "x" * length,
            '"' * length,
            "x" * (length - 1) + '"',
            '"' + "x" * (length - 1),
        ):
            assert made.write([(text,)], (1,), ()) == [orjson.dumps([text])]


@given(PREFIXES, st.lists(NUMBERS))
def test_numbers_behind_a_prefix_are_written_in_base64(prefix: bytes, numbers: list[int]) -> None:
    expected = [b64encode(prefix + str(number).encode()).decode() for number in numbers]
    assert numbered_texts(prefix, numbers) == expected
    assert base64_numbers_in_python(prefix, numbers) == expected
    rows = [(number,) for number in numbers]
    made = template(Step(NUMBERED, text=prefix))
    assert made.write(rows, (len(rows),), ()) == [orjson.dumps(expected)]


def as_sent(moment: datetime) -> bytes:
    microseconds = (moment - datetime(2000, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return microseconds.to_bytes(8, signed=True)


@given(st.datetimes(timezones=st.just(UTC)))
@example(datetime.min.replace(tzinfo=UTC))
@example(datetime.max.replace(tzinfo=UTC))
@example(datetime(2000, 2, 29, tzinfo=UTC))
def test_moments_are_written_as_isoformat_writes_them(moment: datetime) -> None:
    expected = moment.isoformat(timespec="microseconds")
    assert moment_text(as_sent(moment)) == expected
    assert moment_text_in_python(as_sent(moment)) == expected


def test_each_day_is_written_as_isoformat_writes_it() -> None:
    first = datetime.min.replace(tzinfo=UTC)
    for day in range(0, 3_652_059, 37):
        moment = first + timedelta(day)
        assert moment_text(as_sent(moment)) == moment.isoformat(timespec="microseconds")


@given(NUMBERS)
@example(-(2**63))
@example(2**63 - 1)
def test_what_is_no_moment_of_a_calendar_is_an_error(number: int) -> None:
    sent = number.to_bytes(8, signed=True)
    try:
        expected = moment_text_in_python(sent)
    except OverflowError:
        with pytest.raises(OverflowError):
            moment_text(sent)
    else:
        assert moment_text(sent) == expected


@pytest.mark.parametrize("sent", [b"", bytes(7), bytes(9), "8 letters", bytearray(8), None])
def test_what_is_not_eight_bytes_is_an_error(sent: Any) -> None:
    with pytest.raises(TypeError):
        moment_text(sent)


@given(st.lists(st.none() | st.tuples(VALUES, VALUES)))
def test_an_object_that_is_not_there_is_null(records: list[tuple[Any, Any] | None]) -> None:
    made = template(
        Step(UNLESS_NULL, 0, skip=5),
        Step(LITERAL, text=b'{"a":'),
        Step(COLUMN, 0, 0),
        Step(LITERAL, text=b',"b":'),
        Step(COLUMN, 0, 1),
        Step(LITERAL, text=b"}"),
    )
    answers = [record and {"a": record[0], "b": record[1]} for record in records]
    rows = [(record,) for record in records]
    assert made.write(rows, (len(rows),), ()) == [orjson.dumps(answers)]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (1.5, TypeError),
        (b"bytes", TypeError),
        ({}, TypeError),
        (2**63, OverflowError),
        ("\ud800", UnicodeEncodeError),
    ],
)
def test_what_a_template_does_not_know_is_an_error(value: Any, error: type[Exception]) -> None:
    for made in (template(Step(COLUMN)), template(Step(NUMBERED))):
        with pytest.raises((error, TypeError)):
            made.write([(1,), (value,)], (2,), ())
    with pytest.raises((error, TypeError)):
        template(Step(COMPUTED)).write([(1,)], (1,), ([value],))
    with pytest.raises((error, TypeError)):
        numbered_texts(b"", [value])


def test_rows_that_are_not_as_the_steps_say_are_errors() -> None:
    column, inside = template(Step(COLUMN, 1)), template(Step(COLUMN, 0, 2))
    for made, rows in ((column, [()]), (column, [1]), (inside, [((1,),)]), (inside, [(1,)])):
        with pytest.raises((IndexError, TypeError)):
            made.write(list(rows), (1,), ())
    made = template(Step(COMPUTED, 1))
    too_few: list[Any] = [(), ([1],), ([1], []), ([1], 1)]
    for computed in too_few:
        with pytest.raises((IndexError, TypeError)):
            made.write([()], (1,), computed)
    for ends in ((2,), (1, 2), (-1, 1), (5, 6)):
        with pytest.raises(IndexError):
            made.write([()], ends, ([1], [1]))
    for no_end in ("1", 1.0, 2**63):
        with pytest.raises((TypeError, OverflowError)):
            made.write([()], (no_end,), ([1], [1]))  # type: ignore[arg-type]  # that is the test
    assert made.write([()], (1, 0), ([1], [1])) == [b"[1]", b"[]"]


@pytest.mark.parametrize(
    "steps",
    [
        [(LITERAL, 0, -1, 0, b"")],
        (LITERAL,),
        ((LITERAL, 0, -1, 0),),
        ((LITERAL, 0, -1, 0, "text"),),
        ((-1, 0, -1, 0, b""),),
        ((UNLESS_NULL + 1, 0, -1, 0, b""),),
        ((COLUMN, -1, -1, 0, b""),),
        ((UNLESS_NULL, 0, -1, 1, b""),),
        ((UNLESS_NULL, 0, -1, -1, b""),),
        ((NUMBERED, 0, -1, 0, b"x" * (MAX_PREFIX + 1)),),
    ],
)
def test_steps_that_make_no_sense_are_refused(steps: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Template(steps)


def test_a_list_that_is_emptied_while_it_is_written_does_no_harm() -> None:
    class Row:
        def __len__(self) -> int:
            return 1

        def __getitem__(self, place: int) -> str:
            rows.clear()
            return "read"

    rows: list[Any] = [Row(), Row()]
    with pytest.raises(IndexError):
        template(Step(COLUMN)).write(rows, (2,), ())
    assert rows == []


STEPS = st.builds(
    Step,
    st.sampled_from([LITERAL, COLUMN, NUMBERED, COMPUTED, UNLESS_NULL]),
    st.integers(0, 3),
    st.integers(-1, 2),
    st.integers(0, 3),
    st.binary(max_size=MAX_PREFIX + 1),
)
CELLS = VALUES | st.floats() | st.integers() | st.tuples(VALUES, VALUES) | st.lists(VALUES)
REFUSALS = (IndexError, OverflowError, TypeError, UnicodeEncodeError, ValueError)


@given(
    st.lists(STEPS, max_size=8),
    st.lists(st.none() | st.lists(CELLS, max_size=4) | st.tuples(CELLS, CELLS), max_size=20),
    st.lists(st.integers(-2, 24), max_size=5),
    st.lists(st.lists(CELLS, max_size=20) | CELLS, max_size=4),
)
def test_any_arguments_give_arrays_or_an_error(
    steps: list[Step], rows: list[Any], ends: list[int], computed: list[Any]
) -> None:
    try:
        arrays = Template(tuple(steps)).write(rows, tuple(ends), tuple(computed))
    except REFUSALS:
        return
    assert len(arrays) == len(ends)
    assert all(array[:1] == b"[" and array[-1:] == b"]" for array in arrays)


def test_nothing_is_kept_of_what_was_written() -> None:
    text, number, bad = "some text" * 3, 10**15, object()
    record = (text, number)
    made = template(Step(COLUMN, 0, 0), Step(NUMBERED, 0, 1, text=b"x"), Step(COMPUTED, 0))
    counted = (text, number, bad, record, None)
    gc.collect()  # Garbage holds some, too.
    before = [sys.getrefcount(thing) for thing in counted]
    for _ in range(1_000):
        made.write([(record,)], (1,), ([text],))
        with pytest.raises(TypeError):
            made.write([(record,)], (1,), ([bad],))
        with pytest.raises(TypeError):
            numbered_texts(b"x", [number, bad])  # type: ignore[list-item]  # that is the test
    gc.collect()
    after = [sys.getrefcount(thing) for thing in counted]
    # pytest and the interpreter hold some, for a while; a thousand would be ours.
    assert all(abs(now - then) < 500 for now, then in zip(after, before, strict=True))
