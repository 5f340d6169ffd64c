"""Whatever a client sends or gets is bounded, its description says how, and text comes back as it was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    Undefined,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from core.config.schema import graphql_schema
from core.database.database import Database
from tests.live.world import Api, signed_in

UNBOUNDED = {"String", "ID", "Int", "Float"}
"""Types whose values have no bounds of their own."""
TEXTS = [
    "<script>alert(1)</script>",
    "a & b &amp; c",
    "\"quoted\" 'single' \\ / \u2028 \u00e9",
    "<img src=x onerror=alert(1)>\n\n  {{7*7}} ${7*7} %s %(x)s",
    "'; DROP TABLE posts; --",
    '=HYPERLINK("https://example.net")',
]


def is_list(declared: Any) -> bool:
    return is_list_type(declared.of_type if is_non_null_type(declared) else declared)


def described() -> Iterator[tuple[str, Any]]:
    """The place and the declaration of each value that a client sends or gets."""
    for name, each in graphql_schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(each, GraphQLInputObjectType):
            for field, declared in each.fields.items():
                yield f"{name}.{field}", declared
        elif isinstance(each, GraphQLObjectType | GraphQLInterfaceType):
            for field, output in each.fields.items():
                yield f"{name}.{field}", output
                for argument, given in output.args.items():
                    yield f"{name}.{field}({argument}:)", given


def test_each_description_of_a_text_number_or_list_says_its_bound() -> None:
    places = list(described())
    assert len(places) > 200
    unbounded = [
        place
        for place, declared in places
        if (is_list(declared.type) or get_named_type(declared.type).name in UNBOUNDED)
        and not re.search(r"\d", declared.description or "")
    ]
    assert unbounded == []


def test_no_field_of_an_input_has_a_default() -> None:
    """So that left out, null and a value are three things."""
    inputs = [
        each
        for each in graphql_schema.type_map.values()
        if isinstance(each, GraphQLInputObjectType)
    ]
    defaults = [
        f"{each.name}.{name}"
        for each in inputs
        for name, field in each.fields.items()
        if field.default_value is not Undefined
    ]
    assert len(inputs) > 30
    assert defaults == []


@pytest.mark.parametrize("text", TEXTS)
async def test_text_comes_back_as_it_was_sent(api: Api, database: Database, text: str) -> None:
    [user] = await signed_in(database, 1)
    post = (await api.change(user, "CreatePost", text=text))["post"]
    comment = (await api.change(user, "CreateComment", postId=post["id"], text=text))["comment"]
    assert (post["text"], comment["text"]) == (text, text)
    page = await api.do(user, "PublicFeed", first=1)
    assert page["edges"][0]["node"]["text"] == text
