"""Reads SQL rows straight into results."""

from __future__ import annotations

from typing import Any

from core.execution.plan.codegen import row_reader
from core.execution.plan.selection import ReadRows, Select, Selection
from core.execution.rows.mapping import row_fields
from core.execution.rows.to_json import written_fields
from core.execution.schema.row_layout import Layout


def reader_of(
    selection: Selection, layout: Layout[Any], select: Select, *, to_json: bool = False
) -> ReadRows:
    """The function that makes results of rows of that layout. Errors: GraphQLError.

    `to_json`: whether it may write values of the results as JSON.
    """
    read = selection.row_readers.get((layout, to_json))
    if read is None:
        fields = row_fields(selection, layout, select)
        read = row_reader(written_fields(fields) if to_json else fields)
        selection.row_readers[layout, to_json] = read
    return read
