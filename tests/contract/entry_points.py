"""Every entry point of the API, found by walking the schema, with documents that select every field to a depth."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    OperationType,
    get_named_type,
    is_required_argument,
    parse,
    validate,
)

from core.config.schema import graphql_schema

Values = dict[str, list[Any]]
"""Values to send, by the name of an argument or input field."""


class EntryPoint(NamedTuple):
    """One root field with one choice of arguments."""

    field: str
    document: DocumentNode
    variables: dict[str, Any]
    member: str | None = None
    """The selected member of an interface of events: all together exceed the limits."""


def entry_points(kind: OperationType, values: Values, *, depth: int) -> Iterator[EntryPoint]:
    """Each root field with each choice of its required argument. Errors: KeyError for an argument without values."""
    root = graphql_schema.get_root_type(kind)
    assert root is not None
    for name, field in root.fields.items():
        for variables in _choices(field, values):
            for member in _members(field) if kind is OperationType.SUBSCRIPTION else [None]:
                yield EntryPoint(name, document(kind, name, depth, member), variables, member)


@cache
def document(kind: OperationType, name: str, depth: int, member: str | None = None) -> DocumentNode:
    """A document that selects every field below a root field, with its required arguments as variables."""
    root = graphql_schema.get_root_type(kind)
    assert root is not None
    field = root.fields[name]
    required = _required(field)
    declared = ", ".join(f"${key}: {argument.type}" for key, argument in required.items())
    passed = ", ".join(f"{key}: ${key}" for key in required)
    text = f"{name}({passed})" if required else name
    operation = f"{kind.value} EntryPoint({declared})" if required else f"{kind.value} EntryPoint"
    fragments: dict[str, str] = {}
    selected = selection(field, depth, fragments, member)
    found = parse(" ".join([f"{operation} {{ {text} {selected} }}", *fragments.values()]))
    assert validate(graphql_schema, found) == []
    return found


def selection(
    field: GraphQLField, depth: int, fragments: dict[str, str], only: str | None = None
) -> str:
    """A selection of every field, with nodes nested up to `depth`.

    The fragments that it needs are added to `fragments`, by their names: a document that repeats the fields of a type
    wherever it occurs is five times as long, and takes as much longer to validate.
    """
    type_ = get_named_type(field.type)
    if isinstance(type_, GraphQLScalarType | GraphQLEnumType):
        return ""
    if isinstance(type_, GraphQLInterfaceType):
        members = graphql_schema.get_possible_types(type_)
        types: dict[str, set[str]] = {}
        for member in members:
            for name, each in member.fields.items():
                types.setdefault(name, set()).add(str(each.type))
        # Fields of one name and different types conflict without aliases.
        aliased = {name for name, found in types.items() if len(found) > 1}
        parts = [
            f"... on {each.name} {{ {_fields(each, depth, fragments, aliased)} }}"
            for each in members
            if only in {None, each.name}
        ]
        return f"{{ __typename {' '.join(type_.fields)} {' '.join(parts)} }}"
    assert isinstance(type_, GraphQLObjectType), f"no rule to select from {type_}"
    name = f"{type_.name}{depth}"
    if name not in fragments:
        fields = _fields(type_, depth, fragments)
        fragments[name] = f"fragment {name} on {type_.name} {{ {fields} }}"
    return f"{{ __typename ...{name} }}"


def _fields(
    type_: GraphQLObjectType,
    depth: int,
    fragments: dict[str, str],
    aliased: Collection[str] = (),
) -> str:
    below = depth - (graphql_schema.type_map["Node"] in type_.interfaces)
    chosen = []
    for name, field in type_.fields.items():
        is_leaf = isinstance(get_named_type(field.type), GraphQLScalarType | GraphQLEnumType)
        if is_leaf or below > 0:
            alias = f"{type_.name}_{name}: " if name in aliased else ""
            chosen.append(f"{alias}{name}{_passed(field)} {selection(field, below, fragments)}")
    return " ".join(chosen)


def _passed(field: GraphQLField) -> str:
    """The required arguments of a field below the root: enums, with their first value."""
    required = []
    for name, argument in _required(field).items():
        type_ = get_named_type(argument.type)
        assert isinstance(type_, GraphQLEnumType)
        required.append(f"{name}: {next(iter(type_.values))}")
    return f"({', '.join(required)})" if required else ""


def _members(field: GraphQLField) -> list[str]:
    type_ = get_named_type(field.type)
    assert isinstance(type_, GraphQLInterfaceType)
    return [member.name for member in graphql_schema.get_possible_types(type_)]


def _required(field: GraphQLField) -> dict[str, GraphQLArgument]:
    return {name: each for name, each in field.args.items() if is_required_argument(each)}


def _choices(field: GraphQLField, values: Values) -> Iterator[dict[str, Any]]:
    """Each choice of the field's required argument."""
    required = _required(field)
    if not required:
        yield {}
        return
    [(name, argument)] = required.items()
    type_ = get_named_type(argument.type)
    choices = _inputs(type_, values) if isinstance(type_, GraphQLInputObjectType) else values[name]
    yield from ({name: choice} for choice in choices)


def _inputs(type_: GraphQLInputObjectType, values: Values) -> Iterator[dict[str, Any]]:
    """Inputs until each value of each field is used; shorter lists of values repeat."""
    fields = {name: values[name] for name in type_.fields if name != "clientMutationId"}
    for number in range(max(map(len, fields.values()), default=1)):
        yield {name: choices[number % len(choices)] for name, choices in fields.items()}
