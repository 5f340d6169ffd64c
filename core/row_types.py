"""Row types: a NamedTuple declares the columns of its rows once, for SQL and for Python.

A column is that of the same name, unless its annotation says otherwise. A field that is a row type itself stands for
all columns of another table's row; it comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType, NoneType
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from core.execution import Fixed, Layout

R = TypeVar("R", bound=tuple[Any, ...])


class Written(NamedTuple):
    """A column that is written by a fragment of this name, with the column as its parameter `of`."""

    fragment: str


Moment = Annotated[str, Written("moment")]


class ViewerState(NamedTuple):
    """Whether the viewer has a row in `table` whose `column` names this row."""

    table: str
    column: str

    def sql(self, viewer: str, key: str) -> str:
        return f"{{viewer_state table={self.table} column={self.column} viewer={viewer} key={key}}}"

    def sql_on_page(self, row: str) -> str:
        return (
            f"{{state_on_page table={self.table} column={self.column} row={row} viewer={{viewer}}}}"
        )


class Column(NamedTuple):
    """A field of a row type."""

    name: str
    kind: Any
    """Its type, without None."""
    optional: bool
    declared: Written | ViewerState | None


def columns(row_type: type[tuple[Any, ...]]) -> Iterator[Column]:
    """The fields of a row type, in order."""
    for name, hint in get_type_hints(row_type, include_extras=True).items():
        kinds = [kind for kind in get_args(hint) if kind is not NoneType]
        optional = NoneType in get_args(hint)
        kind = kinds[0] if optional else hint
        is_annotated = get_origin(kind) is Annotated
        yield Column(name, kind, optional, get_args(kind)[1] if is_annotated else None)


def states_of(row_type: type[tuple[Any, ...]]) -> dict[str, ViewerState]:
    """The columns of a row type that depend on the viewer, by name."""
    return {
        column.name: column.declared
        for column in columns(row_type)
        if isinstance(column.declared, ViewerState)
    }


def read_fragment(row_type: type[tuple[Any, ...]], alias: str, *further: str) -> str:
    """The fragment with the columns of its table that a row type is made of later, and further ones.

    To carry all columns of a table through the nodes of a plan costs PostgreSQL up to a twentieth of a page.
    """
    own = [
        column.name
        for column in columns(row_type)
        if not isinstance(column.declared, ViewerState) and not hasattr(column.kind, "_fields")
    ]
    header = f"-- The columns that {row_type.__name__} is made of.\n-- needs: {alias}\n"
    return header + ", ".join(f"{alias}.{name}" for name in (*own, *further))


def states_fragment(row_type: type[tuple[Any, ...]]) -> str:
    """The fragment with the viewer states of a row, as an array in the order of `states_of`."""
    states = [state.sql("{viewer}", "{key}") for state in states_of(row_type).values()]
    header = f"-- The viewer states of {row_type.__name__}.\n-- parameters: viewer, key\n"
    return f"{header}ARRAY[{', '.join(states)}]"


def true_states_fragment(row_type: type[tuple[Any, ...]]) -> str:
    """The fragment that reads, for many viewers and rows, the viewer, row and name of the states that are true."""
    read = (
        "SELECT user_id, <column>, '<name>' FROM <table> "
        "WHERE user_id = ANY({viewers}) AND <column> = ANY({keys})"
    )
    reads = [
        read.replace("<name>", name).replace("<table>", table).replace("<column>", column)
        for name, (table, column) in states_of(row_type).items()
    ]
    header = f"-- The true viewer states of {row_type.__name__}.\n-- parameters: viewers, keys\n"
    return header + "\nUNION ALL\n".join(reads)


def row_fragment(row_type: type[tuple[Any, ...]], alias: str, **nested: str) -> str:
    """The fragment with the columns of a row type, each with its name.

    `alias`: of the table, or `{of}`, a parameter of the fragment. `nested`: the aliases of the row types in it. The
    parameters of the fragment are the viewer and, where a statement knows it, the value of a viewer state.
    """

    def state_sql(name: str, state: ViewerState) -> str:
        # Without a value, PostgreSQL plans it as if `coalesce` were not there.
        return f"coalesce({{{name}}}, {state.sql('{viewer}', f'{alias}.id')})"

    of = ["of"] if alias == "{of}" else []
    parameters = [*of, "viewer=$1", *(f"{name}=NULL" for name in states_of(row_type))]
    return _row_fragment(row_type, alias, nested, parameters, state_sql)


def page_row_fragment(
    row_type: type[tuple[Any, ...]], alias: str, *, left_out: Collection[str] = (), **nested: str
) -> str:
    """The fragment with the same columns for the rows of a page, whose viewer states are read at once.

    The CTE `keys` has the keys of its rows, and maybe of more. `left_out`: fields that have the same value in all rows
    (`fixed` of the layout).
    """

    def state_sql(_: str, state: ViewerState) -> str:
        return state.sql_on_page(f"{alias}.id")

    return _row_fragment(row_type, alias, nested, ["viewer=$1"], state_sql, left_out)


def _row_fragment(
    row_type: type[tuple[Any, ...]],
    alias: str,
    nested: dict[str, str],
    parameters: list[str],
    state_sql: Callable[[str, ViewerState], str],
    left_out: Collection[str] = (),
) -> str:
    declared = f"-- parameters: {', '.join(parameters)}\n" if parameters else ""
    return (
        f"-- The columns of {row_type.__name__}.\n{declared}"
        f"-- needs: {', '.join([alias, *nested.values()])}\n"
        + ",\n    ".join(_expressions(row_type, alias, nested, state_sql, left_out))
    )


def _expressions(
    row_type: type[tuple[Any, ...]],
    alias: str,
    nested: dict[str, str],
    state_sql: Callable[[str, ViewerState], str],
    left_out: Collection[str],
) -> Iterator[str]:
    for name, kind, _, declared in columns(row_type):
        match declared:
            case _ if name in left_out:
                pass
            case ViewerState():
                yield f"{state_sql(name, declared)} AS {name}"
            case Written(fragment):
                yield f"{{{fragment} of={alias}.{name}}} AS {name}"
            case _ if name in nested:
                for inner in kind._fields:
                    yield f"{nested[name]}.{inner} AS {name}_{inner}"
            case _:
                yield f"{alias}.{name}"


def row_layout(
    row_type: type[R], first: int = 0, fixed: Mapping[str, Any] = MappingProxyType({})
) -> Layout[R]:
    """Where the columns of `row_fragment` lie in a row that has them from column `first` on.

    `fixed`: the values of fields that are not among the columns.
    """
    elsewhere: dict[str, Any] = {name: Fixed(value) for name, value in fixed.items()}
    following = first
    for name, kind, optional, _ in columns(row_type):
        if name in elsewhere:
            continue
        if hasattr(kind, "_fields"):
            elsewhere[name] = Layout(kind, following, optional=optional)
            following += len(kind._fields)
        else:
            following += 1
    return Layout(row_type, first, **elsewhere)
