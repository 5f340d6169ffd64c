"""Requests that are made to cost the server as much as they can, for the schema of the product."""

from __future__ import annotations

import orjson


def _fragments(count: int, body: str, last: str = "id", on: str = "Post") -> str:
    """Fragments on one type that each contain `body`, where `@` spreads the next one."""
    chain = "".join(
        f"fragment F{n} on {on} {{ {body.replace('@', f'...F{n + 1}')} }} " for n in range(count)
    )
    return f"{chain} fragment F{count} on {on} {{ {last} }}"


def _nested(levels: int, field: str = "comments", size: str = "") -> str:
    """Lists in lists, around the circle from a post to its comments and back."""
    around = f"{field}{size} {{ edges {{ node {{ post {{ "
    return (
        "{ publicFeed { edges { node { " + around * levels + "id" + "} } } }" * levels + "} } } }"
    )


def _overlapping(count: int) -> str:
    """Fields of one name at many places, which validation compares in pairs."""
    posts = " ".join(
        f"... on Post {{ author {{ posts(first: {n % 2}) {{ edges {{ node {{ id }} }} }} }} }}"
        for n in range(count)
    )
    return f'{{ node(id: "x") {{ {posts} }} }}'


def _overlapping_deep(count: int, depth: int) -> str:
    branch = "author { " * depth + "id" + " }" * depth
    return '{ node(id: "x") { ' + f"... on Post {{ {branch} }} " * count + "} }"


def _operations(count: int, body: str, variable: str = "$first: Int", kind: str = "query") -> str:
    return " ".join(f"{kind} Q{n}({variable}) {{ {body} }}" for n in range(count))


def _with_arguments(count: int, arguments: str) -> str:
    """Fields of one name with arguments, which validation compares in pairs; `@` is a number of each."""
    fields = " ".join(
        f"comments({arguments.replace('@', str(n))}) {{ edges {{ cursor }} }}" for n in range(count)
    )
    return f'query($n: Int) {{ post(id: "x") {{ {fields} }} }}'


def _defined(count: int) -> str:
    return " ".join(f"$v{n}: ID!" for n in range(count))


def _used(count: int) -> str:
    return " ".join(f"$v{n}" for n in range(count))


DOCUMENTS = {
    "fragment bomb": '{ post(id: "x") { ...F0 } } ' + _fragments(40, "@ @"),
    "fragment bomb in lists": '{ post(id: "x") { ...F0 } } '
    + _fragments(6, "comments(first: 100) { edges { node { post { @ } } } }"),
    "fragment bomb under aliases": '{ post(id: "x") { ...F0 } } '
    + _fragments(30, "a: author { id } b: author { id } @ @ @"),
    "fragments for all others": '{ post(id: "x") { ...F0 } } '
    + " ".join(
        f"fragment F{n} on Post {{ {' '.join(f'...F{m}' for m in range(n + 1, 41))} id }}"
        for n in range(41)
    ),
    "fragments in a circle": '{ post(id: "x") { ...A } } '
    "fragment A on Post { comments { edges { node { post { ...A } } } } }",
    "fragments in a long circle": '{ post(id: "x") { ...F0 } } '
    + " ".join(f"fragment F{n} on Post {{ ...F{(n + 1) % 90} id }}" for n in range(90)),
    "fragments in circles of one": '{ post(id: "x") { id } } '
    + " ".join(f"fragment F{n} on Post {{ ...F{n} id }}" for n in range(180)),
    "fragments in all circles": '{ post(id: "x") { ...F0 } } '
    + " ".join(
        f"fragment F{n} on Post {{ {' '.join(f'...F{m}' for m in range(30) if m != n)} id }}"
        for n in range(30)
    ),
    "unused fragments": "{ viewer { id } } " + "fragment F on User { id } " * 205,
    "leaves in unused fragments": "{ viewer { id } } "
    + " ".join(f"fragment F{n} on User {{ {'id username bio ' * 3} }}" for n in range(98)),
    "lists in unused fragments": "query($first: Int) { publicFeed(first: $first) { edges { cursor } } } "
    + " ".join(
        f"fragment F{n} on Query {{ publicFeed(first: $first) {{ edges {{ node {{ author {{ id }} }} }} }} }}"
        for n in range(60)
    ),
    "overlapping fields": _overlapping(55),
    "overlapping fields, nested": _overlapping_deep(100, 3),
    "overlapping fields with arguments": _with_arguments(90, "first: 1"),
    "overlapping fields with variables": _with_arguments(85, "first: $n"),
    "overlapping fields with different arguments": _with_arguments(90, "first: @"),
    "overlapping fields with many arguments": _with_arguments(
        60, 'first: 1 last: 1 after: "a" before: "a"'
    ),
    "overlapping fields with objects": "mutation { "
    + ("createPost(input: { " + 'text: "a" language: "b" ' * 8 + "}) { replayed } ") * 20
    + "}",
    "overlapping fields in fragments": '{ post(id: "x") { ...F0 } } '
    + _fragments(30, "author { id username ...U } @ author { id username ...U }")
    + "fragment U on User { posts { edges { node { id } } } }",
    "equal fields": '{ post(id: "x") { ' + "author { id } " * 240 + "} }",
    "equal leaves": '{ post(id: "x") { ' + "id " * 990 + "} }",
    "equal root fields": "{ " + "viewer { id } " * 20 + "}",
    "nested lists": _nested(4),
    "nested lists, small": _nested(2, size="(first: 20)"),
    "nested lists, all": '{ post(id: "x") { '
    "comments { edges { node { replies { edges { node { replies { edges { node { id } } } } } } } } }"
    "} }",
    "cost of one level": "{ publicFeed(first: 100) { edges { node { comments(first: 100) { edges { cursor } } } } } }",
    "alias flood": "{ " + " ".join(f"a{n}: viewer {{ id }}" for n in range(200)) + "}",
    "alias flood of leaves": '{ post(id: "x") { '
    + " ".join(f"a{n}: text" for n in range(400))
    + "} }",
    "directive flood": "{ viewer { id " + "@skip(if: false) " * 250 + "} }",
    "unknown directives": "{ viewer { id " + "@a " * 600 + "} }",
    "unknown fields": '{ post(id: "x") { ' + " ".join(f"x{n}" for n in range(900)) + "} }",
    "unknown types": " ".join(f"fragment F{n} on T{n} {{ id }}" for n in range(200)),
    "unknown arguments": "{ viewer { id(" + " ".join(f"a{n}: 1" for n in range(450)) + ") } }",
    "many operations": " ".join(f"query Q{n} {{ viewer {{ id }} }}" for n in range(200)),
    "operations of one name": "query Q { viewer { id } } " * 30,
    "subscriptions of two fields": " ".join(
        f"subscription S{n} {{ homeFeedEvents {{ __typename }} viewer {{ id }} }}"
        for n in range(30)
    ),
    "many variables": "query("
    + " ".join(f"$v{n}: Int" for n in range(400))
    + ") { viewer { id } }",
    "unused variables": "query(" + " ".join(f"$v{n}: Int" for n in range(190)) + ") { a }",
    "variables of one name": "query(" + "$v: Int " * 480 + ") { viewer { id } }",
    "variables of unknown types": "query("
    + " ".join(f"$v{n}: T{n}" for n in range(190))
    + ") { viewer { id } }",
    "used variables": f"query({_defined(200)}) {{ nodes(ids: [{_used(200)}]) {{ id }} }}",
    "used variables in equal fields": f"query({_defined(110)}) {{ "
    + f"nodes(ids: [{_used(110)}]) {{ id }} " * 4
    + "}",
    "used variables in a fragment": f"query({_defined(100)}) {{ "
    + "...F " * 190
    + f"}} fragment F on Query {{ nodes(ids: [{_used(100)}]) {{ id }} }}",
    "used variables in many operations": " ".join(
        f"query Q{n}({_defined(5)}) {{ nodes(ids: [{_used(5)}]) {{ id }} }}" for n in range(31)
    ),
    "variables with defaults": "query("
    + " ".join(f"$v{n}: ID = {n}" for n in range(160))
    + f") {{ nodes(ids: [{_used(160)}]) {{ id }} }}",
    "undefined variables": '{ post(id: "x") { '
    + " ".join(f"comments(first: $v{n}) {{ edges {{ cursor }} }}" for n in range(115))
    + "} }",
    "a variable in a long list": "query($a: Int) { nodes(ids: [" + "$a " * 490 + "]) { id } }",
    "variables in many operations": " ".join(
        f"query Q{n}($first: Int) {{ publicFeed(first: $first) {{ edges {{ cursor }} }} ...F }}"
        for n in range(30)
    )
    + " fragment F on Query { viewer { id } }",
    "operations with lists in lists": _operations(
        22, "publicFeed(first: $first) { edges { node { author { id } } } } " * 3
    ),
    "operations with directives": _operations(
        18, "viewer { ... on User @include(if: $is) { id } } " * 4, "$is: Boolean!"
    ),
    "operations with directives, and a mistake": _operations(
        28, "viewer { username @include(if: $is) bio @include(if: $is) } " * 2, "$is: Boolean!"
    )
    + " query Last { x }",
    "operations that share a fragment": _operations(27, "viewer { " + "...F " * 20 + "}", "$v: Int")
    + " fragment F on User { posts(first: $v) { edges { cursor } } }",
    "operations with aliases": _operations(
        27,
        " ".join(f"a{n}: publicFeed(first: $first) {{ edges {{ cursor }} }}" for n in range(3)),
    ),
    "operations with arguments": _operations(
        26, "muteUser(input: { userId: $id }) { changed } " * 3, "$id: ID!", "mutation"
    ),
    "fragments on impossible types": '{ post(id: "x") { ' + "... on User { id } " * 280 + "} }",
    "unknown fields in fragments": '{ post(id: "x") { ' + "... on Post { x } " * 280 + "} }",
    "fragments for pairs": '{ post(id: "x") { '
    + " ".join(f"...F{n}" for n in range(114))
    + "} } "
    + " ".join(f"fragment F{n} on Post {{ id author {{ id }} }}" for n in range(114)),
    "leaves on many types": '{ node(id: "x") { '
    + "... on Post { id text } ... on Comment { id text } " * 110
    + "} }",
    "skipped and included": '{ post(id: "x") { '
    + "id @skip(if: true) @include(if: false) " * 24
    + "} }",
    "unknown arguments of directives": "{ viewer { id " + "@skip(iff: true) " * 49 + "} }",
    "deep selections": "{ viewer { " * 300 + "id" + "}" * 600,
    "deep inline fragments": "{ " + "... { " * 900 + "viewer { id }" + "}" * 901,
    "deep lists in an argument": "{ nodes(ids: " + "[" * 900 + "]" * 900 + ") { id } }",
    "deep objects in an argument": "{ viewer(x: " + "{a: " * 450 + "1" + "}" * 450 + ") { id } }",
    "many fields in an argument": "mutation { signUp(input: {"
    + " ".join(f"a{n}: 1" for n in range(600))
    + "}) { errors { code } } }",
    "an argument many times": "{ publicFeed(" + "first: 1 " * 490 + ") { edges { cursor } } }",
    "objects in a list": "mutation { createPost(input: { mediaIds: ["
    + "{ a: 1 } " * 290
    + "] }) { replayed } }",
    "long lists in equal fields": "{ " + ("nodes(ids: [" + '"x" ' * 62 + "]) { id } ") * 20 + "}",
    "long list in an argument": "{ nodes(ids: [" + '"x" ' * 1_500 + "]) { id } }",
    "long string": '{ post(id: "' + "x" * 65_000 + '") { id } }',
    "string of 1 MB": '{ post(id: "' + "x" * 1_000_000 + '") { id } }',
    "escapes": '{ post(id: "' + "\\n" * 32_000 + '") { id } }',
    "escaped surrogates": '{ post(id: "' + "\\uD83D\\uDE00" * 5_400 + '") { id } }',
    "escapes and then a mistake": '{ post(id: "' + "\\n" * 1_900 + '\\q") { id } }',
    "escapes in strings": "{ nodes(ids: [" + ('"' + "\\n" * 2 + '" ') * 900 + "]) { id } }",
    "string without an end": '{ post(id: "' + "x" * 65_000,
    "block string of lines": '{ post(id: """' + "\n x" * 21_000 + '""") { id } }',
    "block string of quotes": '{ post(id: """' + '\\"""' * 13_000 + '""") { id } }',
    "block string": '{ post(id: """' + "\\n x" * 16_000 + '""") { id } }',
    "long number": "{ publicFeed(first: " + "9" * 60_000 + ") { edges { cursor } } }",
    "long name": "{ " + "x" * 65_000 + " }",
    "white space": "{" + " " * 65_000 + "viewer { id } }",
    "lines before mistakes": "{" + "\n" * 62_000 + "a b c d e f }",
    "carriage returns before mistakes": "{" + "\r" * 62_000 + "a b c d e f }",
    "lines between mistakes": "{" + "\r\n".join(f"x{n}" for n in range(950)) + "}",
    "byte order marks": "{" + "\ufeff" * 60_000 + "viewer { id } }",
    "definitions of types": " ".join(f"type T{n} {{ a: Int }}" for n in range(280)),
    "descriptions": "{ viewer { id } } "
    + " ".join(f'"""{"d" * 50}""" scalar T{n}' for n in range(490)),
    "commas": "{" + "," * 65_000 + "viewer { id } }",
    "comments": "#\n" * 30_000 + "{ viewer { id } }",
    "not GraphQL": "\\u0000" * 10_000,
    "braces": "{" * 60_000,
    "introspection in a circle": "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
    "introspection by type": "{ "
    + " ".join(f'a{n}: __type(name: "Post") {{ fields {{ name }} }}' for n in range(40))
    + "}",
    "introspection of wrapped types": "{ __schema { types { "
    + "ofType { " * 40
    + "name"
    + "}" * 40
    + "} } }",
}
"""Documents that no limit may let through, or that are cheap."""


def _body(query: str, variables: object) -> bytes:
    return orjson.dumps({"query": query, "variables": variables})


NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
BODIES = {
    "long list in a variable": _body(NODES, {"ids": ["x"] * 20_000}),
    "deep list in a variable": b'{"query":"{viewer{id}}","variables":{"a":'
    + b"[" * 900
    + b"]" * 900
    + b"}}",
    "many variables": _body("{ viewer { id } }", {f"v{n}": n for n in range(15_000)}),
    "long number in a variable": b'{"query":"{viewer{id}}","variables":{"a":'
    + b"9" * 250_000
    + b"}}",
    "long fraction in a variable": b'{"query":"{viewer{id}}","variables":{"a":0.'
    + b"1" * 250_000
    + b"}}",
    "long string in a variable": _body(NODES, {"ids": ["x" * 250_000]}),
    "braces": b"{" * 250_000,
    "brackets": b"[" * 250_000,
    "escapes": b'{"query":"' + b"\\u0041" * 40_000 + b'"}',
    "quotes": b'{"query":"' + b'\\"' * 60_000 + b'"}',
    "many unknown fields in a variable": _body(
        "mutation($i: CreatePostInput!) { createPost(input: $i) { replayed } }",
        {"i": {f"a{n}": n for n in range(9_000)}},
    ),
    "lists of objects in a variable": _body(
        "{ viewer { id } }", {"a": [[{"b": n} for n in range(90)] for _ in range(50)]}
    ),
    "escapes in a variable": b'{"query":"{viewer{id}}","variables":{"a":"'
    + b"\\ud83d\\ude00" * 20_000
    + b'"}}',
    "fractions in a variable": b'{"query":"{viewer{id}}","variables":{"a":['
    + b",".join([b"1.2345678901234567e-200"] * 990)
    + b"]}}",
    "a key many times": b"{" + b'"query":"{viewer{id}}",' * 9_000 + b'"x":1}',
    "many extensions": orjson.dumps(
        {"query": "{viewer{id}}", "extensions": {f"k{n}": n for n in range(15_000)}}
    ),
    "sizes by variables": _body(
        "query($a: Int $b: Int) { publicFeed(first: $a) { edges { node { comments(first: $b) { edges { node { id }"
        " } } } } } }",
        {"a": 100, "b": 100},
    ),
}
"""The same for whole requests."""
