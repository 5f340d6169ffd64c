"""A row type gives the columns of statements and the layout of their rows."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from core.row_types import (
    Moment,
    ViewerState,
    page_row_fragment,
    read_fragment,
    row_fragment,
    row_layout,
    states_fragment,
    states_of,
    true_states_fragment,
)


class OwnerRow(NamedTuple):
    id: int
    name: str


class ThingRow(NamedTuple):
    id: int
    made_at: Moment
    seen_at: Moment | None
    viewer_has_it: Annotated[bool, ViewerState("holds", "thing_id")]
    owner: OwnerRow | None


ON_PAGE = "{state_on_page table=holds column=thing_id row=t.id viewer={viewer}}"
HOLDS = "{viewer_state table=holds column=thing_id viewer={viewer} key=%s}"


def test_a_fragment_has_each_column_with_its_name() -> None:
    assert row_fragment(ThingRow, "t", owner="o").splitlines() == [
        "-- The columns of ThingRow.",
        "-- parameters: viewer=$1, viewer_has_it=NULL",
        "-- needs: t, o",
        "t.id,",
        "    {moment of=t.made_at} AS made_at,",
        "    {moment of=t.seen_at} AS seen_at,",
        f"    coalesce({{viewer_has_it}}, {HOLDS % 't.id'}) AS viewer_has_it,",
        "    o.id AS owner_id,",
        "    o.name AS owner_name",
    ]


def test_a_page_reads_its_viewer_states_at_once() -> None:
    assert page_row_fragment(ThingRow, "t", owner="o").splitlines()[1:] == [
        "-- parameters: viewer=$1",
        "-- needs: t, o",
        "t.id,",
        "    {moment of=t.made_at} AS made_at,",
        "    {moment of=t.seen_at} AS seen_at,",
        f"    {ON_PAGE} AS viewer_has_it,",
        "    o.id AS owner_id,",
        "    o.name AS owner_name",
    ]


def test_a_page_carries_the_columns_of_its_table_alone() -> None:
    assert read_fragment(ThingRow, "t", "owner_id").splitlines()[1:] == [
        "-- needs: t",
        "t.id, t.made_at, t.seen_at, t.owner_id",
    ]


def test_a_column_that_is_the_same_in_all_rows_need_not_be_read() -> None:
    fixed = {"viewer_has_it": False}
    assert page_row_fragment(ThingRow, "t", left_out=fixed, owner="o").splitlines()[3:] == [
        "t.id,",
        "    {moment of=t.made_at} AS made_at,",
        "    {moment of=t.seen_at} AS seen_at,",
        "    o.id AS owner_id,",
        "    o.name AS owner_name",
    ]
    make = row_layout(ThingRow, 2, fixed).make
    row = ("key", 7, 1, "2026", None, 5, "ada")
    assert make(row, None) == ThingRow(1, "2026", None, False, OwnerRow(5, "ada"))


def test_a_table_may_be_a_parameter() -> None:
    assert row_fragment(OwnerRow, "{of}").splitlines()[1:] == [
        "-- parameters: of, viewer=$1",
        "-- needs: {of}",
        "{of}.id,",
        "    {of}.name",
    ]


def test_a_layout_reads_the_columns_in_their_order() -> None:
    make = row_layout(ThingRow, 2).make
    row = ("key", 7, 1, "2026", None, True, 5, "ada")
    assert make(row, None) == ThingRow(1, "2026", None, True, OwnerRow(5, "ada"))
    assert make((*row[:6], None, None), None).owner is None


def test_the_states_of_a_viewer_are_found_by_name() -> None:
    assert states_of(ThingRow) == {"viewer_has_it": ViewerState("holds", "thing_id")}
    assert states_fragment(ThingRow).endswith(f"\nARRAY[{HOLDS % '{key}'}]")
    assert true_states_fragment(ThingRow).endswith(
        "SELECT user_id, thing_id, 'viewer_has_it' FROM holds "
        "WHERE user_id = ANY({viewers}) AND thing_id = ANY({keys})"
    )
