"""The schema directives `@cost` and `@listSize`, by which the cost of an operation is computed.

Source: https://ibm.github.io/graphql-specs/cost-spec.html
"""

from __future__ import annotations

import strawberry
from graphql import GraphQLField, GraphQLNamedType
from strawberry.schema_directive import Location

from core.paging import PAGE_BY_DEFAULT

DEFINITION = "strawberry-definition"
"""The extension in which Strawberry keeps its own definition of a field or type."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.OBJECT],
    name="cost",
    description=(
        "What one value of the field, or of the type, adds to the cost of an operation. Without it an object adds 1, "
        "and a scalar or enum 0. That of a field takes precedence over that of its type."
    ),
)
class Cost:
    weight: str = strawberry.directive_field("weight")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description=(
        "How many values a list may have: the largest value of `slicingArguments` that is sent, where a list counts "
        "its items, or else `assumedSize`. With `sizedFields` these fields of the object are the lists."
    ),
)
class ListSize:
    assumed_size: int | None = strawberry.directive_field("assumedSize", default=strawberry.UNSET)
    slicing_arguments: list[str] | None = strawberry.directive_field(
        "slicingArguments", default=strawberry.UNSET
    )
    sized_fields: list[str] | None = strawberry.directive_field(
        "sizedFields", default=strawberry.UNSET
    )
    require_one_slicing_argument: bool = strawberry.directive_field(
        "requireOneSlicingArgument", default=True
    )


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="rateLimit",
    description="How often a mutation may be called is limited, together with others of the same bucket.",
)
class RateLimit:
    bucket: str = strawberry.directive_field("bucket")


FREE = Cost(weight="0")
"""For what is read together with its parent."""
PAGE = ListSize(
    assumed_size=PAGE_BY_DEFAULT,
    slicing_arguments=["first", "last"],
    sized_fields=["edges"],
    require_one_slicing_argument=False,
)
"""For fields that give a connection."""
FORWARD_PAGE = ListSize(
    assumed_size=PAGE_BY_DEFAULT,
    slicing_arguments=["first"],
    sized_fields=["edges"],
    require_one_slicing_argument=False,
)
"""For fields that give a connection which is only read from its first edge on."""


def weight_of(field: GraphQLField, named_type: GraphQLNamedType, default: float) -> float:
    """What one value of the field costs, without its own fields."""
    for definition in (field, named_type):
        for directive in _directives(definition):
            if isinstance(directive, Cost):
                return float(directive.weight)
    return default


def list_size_of(field: GraphQLField) -> ListSize | None:
    """The field's `@listSize`."""
    for directive in _directives(field):
        if isinstance(directive, ListSize):
            return directive
    return None


def rate_limit_of(field: GraphQLField) -> str | None:
    """The bucket of the field's `@rateLimit`."""
    for directive in _directives(field):
        if isinstance(directive, RateLimit):
            return directive.bucket
    return None


def _directives(definition: GraphQLField | GraphQLNamedType) -> list[object]:
    return list(getattr(definition.extensions.get(DEFINITION), "directives", None) or ())
