"""Prints the plan of a document and the code generated for it: `python -m core.execution.explain '{ … }'`.

Code that reads SQL rows is generated when a list of rows is first completed, and is not shown.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLSchema, parse, validate

from core.execution.plan.codegen import selection_code
from core.execution.plan.field_resolution import (
    CallGraphQLResolver,
    CallResolver,
    CallWithParent,
    ReadAttribute,
)
from core.execution.plan.output_types import AbstractType, ListType, ObjectType, OutputType
from core.execution.plan.plan import NotCompiled, Plan, PlanOptions, operation_of
from core.execution.plan.selection import Field, Select, Selection
from core.execution.schema.dataloaders import UseLoader
from core.execution.schema.hints import BatchResolver

__all__ = ["NotCompiled", "explain"]
SCHEMA = "core.config.schema:schema"


def explain(
    schema: GraphQLSchema,
    text: str,
    *,
    operation_name: str | None = None,
    variables: dict[str, Any] | None = None,
) -> str:
    """The selections of an operation: how each field is resolved, and the code of each selection.

    Errors: GraphQLError for an invalid document or variable, NotCompiled for one without a plan.
    """
    document = parse(text)
    for error in validate(schema, document):
        raise error
    plan = Plan(schema, *operation_of(document, operation_name), PlanOptions())
    values = plan.variables.values(variables or {})
    if isinstance(values, list):
        raise values[0]
    branch = plan.branch(values)

    def select(field: Field, graphql_type: Any) -> Selection:
        return branch.selection(field, graphql_type, values)

    sections = [_sections(schema, root, select, "") for root in branch.roots]
    return "\n\n".join(section for root in sections for section in root)


def _sections(
    schema: GraphQLSchema, selection: Selection, select: Select, path: str
) -> Iterator[str]:
    """A section for the selection, and for each one below it."""
    fields = [
        f"  {field.key}: {field.definition.type} ← {_resolution(field)}"
        for field in selection.fields
    ]
    code = [f"    {line}" for line in selection_code(selection.fields).text.splitlines()]
    yield "\n".join([f"{path or '(root)'} on {selection.graphql_type}", *fields, "", *code])
    for field in selection.fields:
        for graphql_type in _object_types(schema, field.output_type):
            below = f"{path}.{field.key}" if path else field.key
            yield from _sections(schema, select(field, graphql_type), select, below)


def _object_types(schema: GraphQLSchema, output_type: OutputType) -> list[Any]:
    match output_type:
        case ListType():
            return _object_types(schema, output_type.item)
        case ObjectType():
            return [output_type.graphql_type]
        case AbstractType():
            return [*schema.get_possible_types(output_type.graphql_type)]
    return []


def _resolution(field: Field) -> str:
    awaited = " (async)" if field.is_async else ""
    match field.resolution:
        case ReadAttribute(name):
            text = f"attribute {name}"
        case CallWithParent(function):
            text = f"{_name(function)}(parent){awaited}"
        case CallResolver(function):
            text = f"resolver {_name(function)}{awaited}"
        case BatchResolver(attributes, function):
            text = f"batch {_name(function)}({', '.join(attributes)})"
        case UseLoader(key, choose):
            text = f"loader {_name(choose)} by {key}"
        case CallGraphQLResolver(resolve):
            text = f"graphql-core resolver {_name(resolve)}"
    return text if field.constant is None else "constant"


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", type(function).__qualname__)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m core.execution.explain", description=__doc__)
    document = parser.add_mutually_exclusive_group(required=True)
    document.add_argument("document", nargs="?", help="the text of the document")
    document.add_argument("--file", type=Path, help="a file with the document")
    parser.add_argument("--operation", help="its name, if there are several")
    parser.add_argument("--variables", type=json.loads, default={}, help="as JSON")
    parser.add_argument("--schema", default=SCHEMA, help=f"module:attribute ({SCHEMA})")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.config.settings")
    import_module("django").setup()
    module, _, attribute = arguments.schema.partition(":")
    schema = getattr(import_module(module), attribute)
    text = arguments.file.read_text() if arguments.file else arguments.document
    try:
        explained = explain(
            getattr(schema, "_schema", schema),
            text,
            operation_name=arguments.operation,
            variables=arguments.variables,
        )
    except NotCompiled as reason:
        sys.exit(f"The standard executor executes it: {reason}")
    except GraphQLError as error:
        sys.exit(str(error))
    sys.stdout.write(f"{explained}\n")


if __name__ == "__main__":
    main()
