"""A document is validated by all rules that it can break, and by no others."""

from __future__ import annotations

import pytest
from graphql import GraphQLSyntaxError, parse, specified_rules, validate

from core.config.schema import graphql_schema
from core.graphql.validation import errors_of
from core.graphql.validation_rules import ValidationRules
from tests.core.graphql.hostile import DOCUMENTS
from tests.paths import OPERATIONS

RULES = ValidationRules(1_500)
BROKEN = [
    "{ viewer { id @unknown } }",
    "{ viewer { id @skip(if: true) @skip(if: true) } }",
    "{ viewer { id @skip } }",
    "query($a: Int) { viewer { id } }",
    "query($a: Int, $a: Int) { publicFeed(first: $a) { edges { cursor } } }",
    "query($a: Post) { viewer { id } }",
    "query($a: String) { publicFeed(first: $a) { edges { cursor } } }",
    "{ publicFeed(first: $a) { edges { cursor } } }",
    "{ viewer { ...F } }",
    "{ viewer { ... on Post { id } } }",
    "{ viewer { ... on Int { id } } }",
    "{ viewer { id } } fragment F on User { id }",
    "{ viewer { ...F } } fragment F on User { ...F }",
    "{ viewer { ...F } } fragment F on User { id } fragment F on User { id }",
    "{ viewer { id(a: 1) unknown } }",
    "{ a: viewer { id } a: publicFeed { edges { cursor } } }",
]
REGISTER = "registerPushTarget(input: {target: %s}) { target { id } }"
APNS = '{apns: {token: "a"}}'
TEXTS = {
    **{f"broken {number}": text for number, text in enumerate(BROKEN)},
    **DOCUMENTS,
    **{path.stem: path.read_text() for path in sorted(OPERATIONS.glob("*.graphql"))},
}


def test_all_rules_are_the_specified_ones() -> None:
    assert len(RULES.of("# $ @ __ fragment")) == len(specified_rules)
    assert len(RULES.of("{ viewer { id } }")) < len(specified_rules)


@pytest.mark.parametrize("name", TEXTS)
def test_a_rule_that_is_left_out_finds_no_error(name: str) -> None:
    text = TEXTS[name]
    try:
        document = parse(text, max_lexical_tokens=2_500)
    except GraphQLSyntaxError:
        return
    found = errors_of(
        graphql_schema, document, RULES.of(text), max_errors=5, hide_suggestions=False
    )
    every = RULES.of(f"{text} # $ @ __ ...")
    assert found == validate(graphql_schema, document, every, max_errors=5)
    assert found or text not in BROKEN


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("mutation { %s }" % (REGISTER % "{}"), "exactly one field"),
        ("mutation { %s }" % (REGISTER % "{apns: null}"), "exactly one field"),
        ("mutation { %s }" % (REGISTER % (APNS[:-1] + ", fcm: null}")), "exactly one field"),
        ("mutation($t: DeviceTokenInput) { %s }" % (REGISTER % "{apns: $t}"), "non-nullable"),
        (
            "mutation($t: DeviceTokenInput) { ...F } fragment F on Mutation { %s }"
            % (REGISTER % "{apns: $t}"),
            "non-nullable",
        ),
        ("mutation($t: DeviceTokenInput!) { %s }" % (REGISTER % "{apns: $t}"), None),
        ("mutation { %s }" % (REGISTER % APNS), None),
    ],
)
def test_a_one_of_type_takes_exactly_one_field(document: str, message: str | None) -> None:
    found = errors_of(
        graphql_schema, parse(document), RULES.of(document), max_errors=5, hide_suggestions=False
    )
    if message is None:
        assert found == []
    else:
        [error] = found
        assert message in error.message
