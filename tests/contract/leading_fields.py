"""The fields of the schema, by the types that they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type

from core.config.schema import graphql_schema


class LeadingField(NamedTuple):
    """A field of an object type."""

    owner: str
    name: str
    given: str
    """The type of its values, or of their items."""

    @property
    def surface(self) -> str:
        """How looks name it."""
        return f"{self.owner}.{self.name}"


def leading_fields() -> Iterator[LeadingField]:
    """The fields of all object types but edges, and but payloads and events, which are tested by what causes them."""
    assert graphql_schema.subscription_type is not None
    events = {
        get_named_type(each.type) for each in graphql_schema.subscription_type.fields.values()
    }
    assert all(isinstance(each, GraphQLInterfaceType) for each in events)
    for owner, found in graphql_schema.type_map.items():
        if not isinstance(found, GraphQLObjectType) or owner.endswith(("Payload", "Edge")):
            continue
        if events.isdisjoint(found.interfaces):
            for name, field in found.fields.items():
                yield LeadingField(owner, name, get_named_type(field.type).name)
