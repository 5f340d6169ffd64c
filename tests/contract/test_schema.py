"""The schema is fully described and follows the Relay specification."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    is_specified_scalar_type,
)

from core.config.schema import graphql_schema

OWN = [type_ for name, type_ in graphql_schema.type_map.items() if not name.startswith("__")]
OBJECTS = [type_ for type_ in OWN if isinstance(type_, GraphQLObjectType)]


def described() -> Iterator[tuple[str, str | None]]:
    """Every type, field, argument and enum value with its description."""
    for type_ in OWN:
        if is_specified_scalar_type(type_):
            continue
        yield type_.name, type_.description
        if isinstance(type_, GraphQLEnumType):
            yield from (
                (f"{type_}.{name}", value.description) for name, value in type_.values.items()
            )
        if isinstance(type_, GraphQLInputObjectType):
            yield from (
                (f"{type_}.{name}", field.description) for name, field in type_.fields.items()
            )
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield f"{type_}.{name}", field.description
                for argument, of in field.args.items():
                    yield f"{type_}.{name}({argument}:)", of.description


def test_everything_is_described() -> None:
    assert [name for name, description in described() if not description] == []


def test_connections_need_no_null_checks() -> None:
    for connection in (type_ for type_ in OBJECTS if type_.name.endswith("Connection")):
        assert str(connection.fields["pageInfo"].type) == "PageInfo!"
        edges = connection.fields["edges"].type
        assert isinstance(edges, GraphQLNonNull)
        assert isinstance(edges.of_type, GraphQLList)
        edge = edges.of_type.of_type.of_type
        assert str(edges) == f"[{edge}!]!"
        assert str(edge.fields["cursor"].type) == "String!"
        assert isinstance(edge.fields["node"].type, GraphQLNonNull)


def test_payloads_that_repeat_a_call_say_that_what_it_created_may_be_gone() -> None:
    """Then there is neither a result nor an error, which no client expects."""
    creating = [type_ for type_ in OBJECTS if "replayed" in type_.fields]
    assert {type_.name for type_ in creating} == {
        "CreateCommentPayload",
        "CreatePostPayload",
        "ExportDataPayload",
    }
    for type_ in creating:
        [result] = type_.fields.keys() - {"errors", "clientMutationId", "replayed"}
        assert "repeats a call whose" in (type_.fields[result].description or ""), type_


def test_types_with_an_id_are_nodes() -> None:
    node = graphql_schema.type_map["Node"]
    with_id = {type_.name for type_ in OBJECTS if "id" in type_.fields}
    assert with_id == {type_.name for type_ in OBJECTS if node in type_.interfaces}
