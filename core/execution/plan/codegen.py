"""Writes the Python functions that make results: all generated text comes from here.

A function's text is registered with `linecache`, so that tracebacks and debuggers show its lines. Only checked
identifiers, numbers and `repr()` of strings get into the text.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from itertools import count
from types import CodeType, FunctionType
from typing import Any, NamedTuple
from weakref import WeakValueDictionary, finalize

from graphql.type import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

from core.execution.plan.field_resolution import CallWithParent, ReadAttribute, call_each
from core.execution.plan.output_types import LeafType
from core.execution.plan.selection import Field, ReadBatch, ReadRows
from core.execution.schema.dataloaders import UseLoader
from core.execution.schema.hints import BatchResolver
from core.execution.schema.row_layout import Layout, Shared

NESTED = 16
"""After how many levels completion returns before it goes deeper, so that Python's stack suffices."""

_CODES: WeakValueDictionary[str, CodeType] = WeakValueDictionary()
"""Compiled functions in use, by their text: selections that differ only in names share one."""
_NUMBERS = count(1)


class Code(NamedTuple):
    """A function: its text, and the names that the text uses."""

    text: str
    names: dict[str, Any]

    def function(self) -> Any:
        """The function, compiled."""
        code = _CODES.get(self.text)
        if code is None:
            code = _CODES[self.text] = _compiled(self.text)
        return FunctionType(code, self.names)


def _compiled(text: str) -> CodeType:
    filename = f"<compiled selection {next(_NUMBERS)}>"
    module = compile(text, filename, "exec")
    code = next(const for const in module.co_consts if isinstance(const, CodeType))
    # Without a modification time, linecache does not look for a file.
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    finalize(code, linecache.cache.pop, filename, None).atexit = False
    return code


def selection_reader(fields: list[Field]) -> ReadBatch:
    """A function that makes the results of a batch of objects."""
    read: ReadBatch = selection_code(fields).function()
    return read


def selection_code(fields: list[Field]) -> Code:
    """One loop over the objects: leaves are read into results, all other values are passed to the runtime."""
    return _SelectionCode(fields).code()


class _SelectionCode:
    """The parts of a selection's function, as its fields are added."""

    def __init__(self, fields: list[Field]) -> None:
        self._names: dict[str, Any] = {}
        self._loads: list[str] = []
        self._before: list[str] = []
        """Before the loop."""
        self._inside: list[str] = []
        self._after: list[str] = []
        self._pairs: list[str] = []
        """Keys and values of a result."""
        self._completed: list[int] = []
        """The numbers of fields whose values are completed before the loop."""
        for number, field in enumerate(fields):
            self._names[f"field{number}"] = field
            self._pairs.append(f"{field.key!r}: {self._value(number, field)}")

    def _value(self, number: int, field: Field) -> str:
        """The expression of a field's value in the loop."""
        if field.constant is not None:
            return repr(field.constant)
        if isinstance(field.resolution, UseLoader):
            self._loads.append(f"runtime.load(parents, field{number})")
            return "None"
        if isinstance(field.output_type, LeafType) and not field.is_async:
            leaf = self._leaf(number, field, field.output_type)
            if leaf is not None:
                return leaf
        elif field.depth % NESTED == 0:
            self._resolve(number, field)
            self._after.append(f"runtime.complete_later(parents, field{number}, values{number})")
            return "None"
        self._resolve(number, field)
        self._before.append(
            f"values{number} = runtime.complete(parents, field{number}, values{number})"
        )
        self._completed.append(number)
        return f"value{number}"

    def _leaf(self, number: int, field: Field, leaf_type: LeafType) -> str | None:
        """The expression of a leaf that is resolved in the loop; None if it is resolved before."""
        match field.resolution:
            case ReadAttribute(name):
                source = f"source.{name}"
            case CallWithParent(function):
                self._names[f"call{number}"] = function
                source = f"call{number}(source)"
            case _:
                return None
        if field.is_exact:
            return source
        value = f"value{number}"
        irregular = _is_irregular(value, leaf_type)
        if irregular is None:
            return None
        self._inside += [
            f"try: {value} = {source}",
            f"except Exception as error: {value} = error",
            f"if {irregular}:",
            f"    irregular.append((field{number}, len(results), {value}))",
            f"    {value} = None",
        ]
        return value

    def _resolve(self, number: int, field: Field) -> None:
        """Resolves the values of all objects at once; if that fails, one by one."""
        values, one_by_one = f"values{number}", f"runtime.call(parents, field{number})"
        match field.resolution:
            case BatchResolver(attributes, function):
                self._names[f"resolve{number}"] = function
                lists = ", ".join(f"[source.{name} for source in objects]" for name in attributes)
                at_once = f"resolve{number}({lists})"
            case ReadAttribute(name):
                at_once = f"[source.{name} for source in objects]"
            case CallWithParent(function):
                self._names |= {"call_each": call_each, f"call{number}": function}
                self._before.append(f"{values} = call_each(call{number}, objects)")
                return
            case _:
                self._before.append(f"{values} = {one_by_one}")
                return
        self._before += [f"try: {values} = {at_once}", f"except Exception: {values} = {one_by_one}"]

    def code(self) -> Code:
        lists = "".join(f", values{number}" for number in self._completed)
        values = "".join(f", value{number}" for number in self._completed)
        loop = f"for source{values} in zip(objects{lists})" if lists else "for source in objects"
        result = f"{{{', '.join(self._pairs)}}}"
        if self._inside:
            made = [
                "results = []",
                "irregular = []",
                f"{loop}:",
                *_indented(self._inside),
                f"    results.append({result})",
                "parents.results = results",
                "if irregular: runtime.complete_irregular(parents, irregular)",
            ]
        else:
            made = [f"parents.results = results = [{result} {loop}]"]
        body = ["objects = parents.objects", *self._loads, *self._before, *made, *self._after]
        lines = ["def read(runtime, parents):", *_indented([*body, "return results"])]
        return Code("\n".join(lines), self._names)


def _is_irregular(value: str, leaf_type: LeafType) -> str | None:
    """The condition under which a value can't pass as it is; None if no value can."""
    if bool in leaf_type.passthrough:
        condition = f"{value} is not True and {value} is not False"
    elif str in leaf_type.passthrough:
        condition = f"type({value}) is not str"
    elif int in leaf_type.passthrough:
        limits = f"{GRAPHQL_MIN_INT} <= {value} <= {GRAPHQL_MAX_INT}"
        condition = f"(type({value}) is not int or not {limits})"
    else:
        return None
    return condition if leaf_type.nonnull else f"{condition} and {value} is not None"


class Constant(NamedTuple):
    """The same value for every row."""

    value: str | bool | None


class RowColumn(NamedTuple):
    """The value is a column of the row, as it is."""

    number: int


class Computed(NamedTuple):
    """A function computes the values from columns, or from what all rows of a list share."""

    function: Callable[..., list[Any]]
    places: list[int | Shared]


class Nested(NamedTuple):
    """The value is an object that lies in the same row."""

    layout: Layout[Any]
    fields: RowFields


class WrittenJSON(NamedTuple):
    """The value is JSON, of which a function writes some for each row of a batch."""

    function: Callable[[Any], list[Any]]


class Later(NamedTuple):
    """The value can't be read from columns: the runtime resolves it when the results are in place."""


RowSource = Constant | RowColumn | Computed | Nested | WrittenJSON | Later
RowFields = list[tuple[Field, RowSource]]
"""The fields of a selection, and where their values lie in rows of one layout."""


def row_reader(fields: RowFields) -> ReadRows:
    """A function that makes results of rows in one expression.

    It returns None, and has had no effect, if anything fails.
    """
    read: ReadRows = _RowCode().code(fields).function()
    return read


class _RowCode:
    """The parts of a row reader's function, as its fields are added."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {}
        self._computed: list[str] = []
        self._per_row: list[str] = []
        """Names of lists with a value for every row."""
        self._batches = 1
        self._after: list[str] = []

    def code(self, fields: RowFields) -> Code:
        result = self._object(fields, "row", "parents", None)
        lists = "".join(f", {name}" for name in self._per_row)
        loop = f"for row{lists} in zip(rows{lists}, strict=True)" if lists else "for row in rows"
        lines = [
            "def read(runtime, parents):",
            "    rows = parents.rows",
            "    try:",
            *_indented(_indented(self._computed)),
            f"        parents.results = results = [{result} {loop}]",
            "    except Exception: return None",
            *_indented(self._after),
            "    return results",
        ]
        return Code("\n".join(lines), self._names)

    def _object(self, fields: RowFields, row: str, batch: str, absent: str | None) -> str:
        """The expression of an object. `absent`: the column that is null in rows without the object."""
        pairs = [
            f"{field.key!r}: {self._value(field, source, row, batch, absent)}"
            for field, source in fields
        ]
        return f"{{{', '.join(pairs)}}}"

    def _value(
        self, field: Field, source: RowSource, row: str, batch: str, absent: str | None
    ) -> str:
        match source:
            case Constant(value):
                return repr(value)
            case RowColumn(number):
                return f"{row}[{number}]"
            case Computed():
                return self._compute(source, row, absent)
            case Nested(layout, fields):
                return self._nested(field, layout, fields, row, batch, absent)
            case WrittenJSON(function):
                return self._of_each_row(self._name("function", function), "parents")
            case Later():
                self._after.append(f"runtime.resolve_later({batch}, {self._name('field', field)})")
                return "None"

    def _nested(
        self,
        field: Field,
        layout: Layout[Any],
        fields: RowFields,
        row: str,
        batch: str,
        absent: str | None,
    ) -> str:
        where = layout.within(row)
        if layout.optional:
            null = layout.absent(row)
            return f"(None if {null} is None else {self._object(fields, where, '', null)})"
        nested = f"batch{self._batches}"
        self._batches += 1
        before = len(self._after)
        text = self._object(fields, where, nested, absent)
        if len(self._after) > before:
            made = f"{nested} = runtime.nested_rows({batch}, {self._name('field', field)})"
            self._after.insert(before, made)
        return text

    def _compute(self, source: Computed, row: str, absent: str | None) -> str:
        present = f" if {absent} is not None" if absent else ""
        lists = [
            f"[{row}[{place}] for row in rows{present}]"
            if isinstance(place, int)
            else "parents.shared"
            for place in source.places
        ]
        name, arguments = self._name("function", source.function), ", ".join(lists)
        if absent:
            self._computed.append(f"next_{name} = iter({name}({arguments})).__next__")
            return f"next_{name}()"
        return self._of_each_row(name, arguments)

    def _of_each_row(self, function: str, arguments: str) -> str:
        """The name of the value for a row that a function gives."""
        name = f"of_{function}"
        self._computed.append(f"{name} = {function}({arguments})")
        self._per_row.append(name)
        return name

    def _name(self, prefix: str, value: Any) -> str:
        name = f"{prefix}{len(self._names)}"
        self._names[name] = value
        return name


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
