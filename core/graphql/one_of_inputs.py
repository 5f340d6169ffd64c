"""Input types of which exactly one field is sent, as graphql-core knows them."""

from __future__ import annotations

from graphql import GraphQLInputObjectType, GraphQLSchema


def mark_one_of_inputs(schema: GraphQLSchema) -> None:
    """Marks Strawberry's `one_of` types for graphql-core, whose validation then refuses documents that misuse them.

    Strawberry leaves the mark out and checks values when they are converted: by then, other mutations of the document
    have taken effect.
    """
    for each in schema.type_map.values():
        if isinstance(each, GraphQLInputObjectType):
            definition = each.extensions.get("strawberry-definition")
            each.is_one_of = definition is not None and definition.is_one_of
