"""Limits on documents are exact, and checking them is fast for adversarial documents."""

from __future__ import annotations

from time import process_time

import pytest
from graphql import OperationDefinitionNode, build_schema, get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st

from core.errors import JSONObject
from core.graphql.document_store import DocumentStore
from core.graphql.limits.counting import DocumentCounter
from core.graphql.limits.limits import Limits
from tests.core.graphql.server import RunningServer, graphql_server, refused

SCHEMA = build_schema("""
    type Query { a(x: Int, y: Int): Query b: Query s: String t: Int l: [Query!]! n: Node }
    interface Node { id: ID }
    type P implements Node { id: ID p: P n: Node q: Query }
    type R implements Node { id: ID p: R n: Node q: Query }
""")
SMALL = Limits(depth=4, aliases=3, directives=3, root_fields=3, fields=8, operations=2, nesting=9,
               fragment_spreads=4, list_items=3)  # fmt: skip


BEHIND_FRAGMENTS = """
    { __schema { types { ...A } } }
    fragment A on __Type { fields { type { ...B } } }
    fragment B on __Type { fields { args { name } } }
"""


def errors_of(text: str, limits: Limits | None = None) -> list[JSONObject]:
    return DocumentStore(SCHEMA, limits or Limits()).by_text(text).errors


def over(text: str, limits: Limits = SMALL) -> dict[str, object]:
    """The counts of a document by the limits that it exceeds."""
    errors = errors_of(text, limits)
    for error in errors:
        extensions = error["extensions"]
        assert extensions["code"] == "LIMIT_EXCEEDED"
        assert extensions["limit"] in error["message"]
        assert f"{extensions['allowed']:,}" in error["message"]
        assert error["message"].endswith(".")
    return {error["extensions"]["limit"]: error["extensions"]["found"] for error in errors}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{ a { a { a { s } } } }", {}),
        ("{ a { a { a { a { s } } } } }", {"depth": 5}),
        ("{ ...A } fragment A on Query { a { a { ...B } } } fragment B on Query { a { b { s } } }", {
            "depth": 5
        }),
        ("{ a { ... on Query { a { ... { a { a { s } } } } } } }", {"depth": 5}),
        ("{ x: s y: s z: s }", {}),
        ("{ x: s y: s b { z: s w: s } }", {"aliases": 4}),
        ("{ a { ...A } b { ...A } } fragment A on Query { x: s y: t }", {"aliases": 4}),
        ("{ s @skip(if: true) @include(if: true) t @skip(if: true) b @skip(if: true) { s } }", {
            "directives": 4
        }),
        ("query @a @b @c @d { s }", {"directives": 4}),
        ("query($v: Int @a @b @c @d) { s }", {"directives": 4}),
        ("{ ...A @a @b } fragment A on Query @c @d { s }", {"directives": 4}),
        ("{ s t a { s } b { s } }", {"root fields": 4}),
        ("{ s ...A ... { s } } fragment A on Query { s t }", {"root fields": 4}),
        ("{ s s s s }", {"root fields": 4}),
        ("{ a { s s s s s s s s s } }", {"fields": 10}),
        ("{ s } query B { s } query C { s }", {"operations": 3}),
        ("{ b { ...A ...B ...A } } fragment A on Query { s ...B } fragment B on Query { s }", {
            "fragment spreads": 5
        }),
        ("{ l(x: [1, 2, [3, 4, 5], {a: [1, 2, 3, 4]}]) { s } }", {"list items": 4}),
        ("{ a { ...A } b { ...A } } fragment A on Query { s t l { s } }", {"fields": 10}),
        ("{ s } fragment A on Query { s s s s s s s s s }", {"fields": 9}),
        ("query A { s } query B { a { a { a { a { s } } } } x: s y: s z: s w: s }", {
            "depth": 5,
            "aliases": 4,
            "root fields": 5,
            "fields": 9,
        }),
    ],
)  # fmt: skip
def test_documents_are_counted_with_fragments_expanded(text: str, found: dict[str, int]) -> None:
    assert over(text) == found


def test_nested_fragments_are_counted() -> None:
    assert list(over("{ " + "... { " * 10 + "s" + " }" * 10 + " }")) == ["nesting"]
    chain = "".join(f"fragment F{n} on Query {{ ...F{n + 1} }} " for n in range(10))
    assert list(over("{ ...F0 } " + chain + "fragment F10 on Query { s }")) == ["nesting"]


def test_cycles_fail_validation() -> None:
    for text in (
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { a { ...B } } fragment B on Query { b { ...A } }",
        "{ s } fragment A on Query { a { ...A ...A } }",
        "{ ...A } fragment A on Query { s ...Missing }",
    ):
        codes = {error["extensions"]["code"] for error in errors_of(text)}
        assert codes == {"GRAPHQL_VALIDATION_FAILED"}


def test_tokens_comments_characters_lines_escapes_and_variables_are_limited() -> None:
    limits = Limits(tokens=10, comments=2, document_characters=100, lines=5, escapes=2)
    assert over("{ s s s s s s s s }", limits) == {}
    assert list(over("{ s s s s s s s s s s }", limits)) == ["tokens"]
    assert list(over("#\n#\n#\n{ s }", limits)) == ["comments"]
    assert over("{ s " + " " * 100 + "}", limits) == {"characters": 105}
    assert over("{ s \r\n \n \r \n }", limits) == {}
    assert over("{ s \r\n \n \r \n \r }", limits) == {"lines": 6}
    assert over("{ a(x: 1) { s } } # \\ \\ \\", limits) == {"escapes": 3}
    assert over("query($a: Int, $b: Int) { a(x: $a, y: $b) { s } }", Limits(variables=2)) == {}
    text = "query A($a: Int, $b: Int) { s } query B($a: Int) { s }"
    assert over(text, Limits(variables=2)) == {"variables": 3}


@pytest.mark.parametrize(
    "text", ["{ @: s }", "query @ { s }", "{ ...@ } fragment @ on Query { s }", "{ @ }"]
)
def test_names_have_a_length(text: str) -> None:
    # An alias is in the answer as often as its field: long ones would make answers of any size.
    assert over(text.replace("@", "n" * 201), Limits()) == {"characters of a name": 201}
    assert "LIMIT_EXCEEDED" not in str(errors_of(text.replace("@", "n" * 200)))


def test_the_standard_introspection_query_is_allowed() -> None:
    text = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    assert errors_of(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }",
        "{ __schema { types { fields { type { interfaces { possibleTypes { name } } } } } } }",
        '{ __type(name: "P") { fields { args { type { fields { args { name } } } } } } }',
        BEHIND_FRAGMENTS,
        "{ __schema { " + "".join(f"t{n}: types {{ name }} " for n in range(9)) + "} }",
        "{ __schema { types { " + "ofType { " * 20 + "name" + " }" * 20 + " } } }",
    ],
)
def test_circular_introspection_is_rejected(text: str) -> None:
    [limit] = over(text, Limits())
    assert limit.startswith("introspection")


def test_handwritten_introspection_is_allowed() -> None:
    text = '{ __type(name: "P") { name fields { name args { name } type { fields { name } } } } }'
    assert errors_of(text) == []


@given(st.integers(1, 60), st.integers(1, 4))
def test_doubling_fragments_are_counted_exactly(levels: int, times: int) -> None:
    spreads = " ".join(["...F%d"] * times)
    text = "{ ...F0 } " + "".join(
        f"fragment F{n} on Query {{ a {{ {spreads % ((n + 1,) * times)} }} }} "
        for n in range(levels)
    )
    document = parse(text + f"fragment F{levels} on Query {{ x: s }}")
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    counts = DocumentCounter(document, Limits(nesting=10_000)).operation(operation)
    assert counts.depth == levels + 1
    assert counts.aliases == min(times**levels, 10**9)


def nested_fragments(count: int, spreads: str) -> str:
    """Fragments that each contain `spreads`, with `@` as a spread of the next one."""
    chain = "".join(
        f"fragment F{n} on Query {{ {spreads.replace('@', f'...F{n + 1}')} }}" for n in range(count)
    )
    return "{ ...F0 }" + chain + f"fragment F{count} on Query {{ s }}"


def all_to_all(count: int) -> str:
    """Fragments that each spread all later ones."""
    text = "{ ...F0 }"
    for n in range(count):
        spreads = " ".join(f"...F{later}" for later in range(n + 1, count + 1))
        text += f"fragment F{n} on Query {{ a {{ {spreads} }} }}"
    return text + f"fragment F{count} on Query {{ s }}"


def inline_overlap(count: int) -> str:
    """Fields of one name on two types, which validation compares pairwise."""
    return "{ n { " + "... on P { p { id } } ... on R { p { id } } " * count + "} }"


def variables_in_fragments(count: int) -> str:
    """Operations that share fragments with variables."""
    operations = "".join(f"query Q{n}($v: Int) {{ ...F0 }}" for n in range(count))
    return operations + nested_fragments(20, "a(x: $v) { @ }").removeprefix("{ ...F0 }")


ADVERSARIES = {
    "nested": nested_fragments(30, "@ @"),
    "nested in two fields": nested_fragments(30, "a { @ } b { @ }"),
    "nested under aliases": nested_fragments(25, "x: a { @ } y: a { @ }"),
    "nested, repeated": nested_fragments(30, "a { @ @ } a { @ @ }"),
    "all to all": all_to_all(12),
    "flat": "{ " + "a { s } " * 240 + "}",
    "flat leaves": "{ a { " + "s " * 990 + "} }",
    "flat arguments": "{ a { " + "a(x:1,y:2){s}" * 150 + "} }",
    "inline": inline_overlap(45),
    "variables": variables_in_fragments(18),
    "cycle": nested_fragments(30, "a { @ } b { ...F0 }"),
    "unknown fields": "{ a { " + "q w e r t y u i o p " * 90 + "} }",
    "unknown directives": "{ s " + "@a" * 900 + "}",
    "unknown fragments": "{ " + "...A " * 400 + "}",
    "deep lists": "{ a(x: " + "[" * 900 + "]" * 900 + ") { s } }",
    "deep objects": "{ a(x: " + "{a:" * 300 + "1" + "}" * 300 + ") { s } }",
    "deep": "{ a " * 900 + "}" * 900,
    "many definitions": "fragment F on Query{s}" * 90,
    "long text": '{ a(x: "' + "x" * 60_000 + '") { s } }',
}


@pytest.mark.parametrize("name", ADVERSARIES)
def test_adversarial_documents_are_rejected_quickly(name: str) -> None:
    store = DocumentStore(SCHEMA, Limits())
    started = process_time()
    document = store.by_text(ADVERSARIES[name])
    took = process_time() - started
    assert took < 2
    assert document.errors
    assert len(document.errors) <= 10


@pytest.mark.parametrize("name", ADVERSARIES)
def test_the_work_of_validation_is_bounded(name: str) -> None:
    """With high limits on counts, the budget for merging fields still bounds validation."""
    generous = Limits(
        depth=10**6, fields=10**9, aliases=10**9, root_fields=10**9, directives=10**9, nesting=150
    )
    started = process_time()
    DocumentStore(SCHEMA, generous).by_text(ADVERSARIES[name])
    assert process_time() - started < 2


def test_documents_over_a_limit_are_not_executed(server: RunningServer) -> None:
    before = server.calls.counted
    aliases = " ".join(f"x{n}: counted" for n in range(61))
    assert "aliases" in server.post("{ " + aliases + " }").text
    refused(
        server.post("{ tree { " + "child { " * 12 + "name" + " }" * 12 + " } }"),
        400,
        "LIMIT_EXCEEDED",
    )
    for query in ADVERSARIES.values():
        started = process_time()
        assert server.post(query).status_code == 400
        assert process_time() - started < 2
    assert server.calls.counted == before


def test_limits_are_configurable() -> None:
    with graphql_server(Limits(depth=2)) as strict:
        assert strict.data("{ tree { name } }") == {"tree": {"name": "leaf"}}
        refused(strict.post("{ tree { child { name } } }"), 400, "LIMIT_EXCEEDED")
