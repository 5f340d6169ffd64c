"""Requests made from the schema by chance: most are valid, any part of the others is wrong."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

Json = dict[str, Any]
ANY: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**31,
    2**70,
    1e300,
    "",
    "x",
    "\0",
    "é\u202e",
    "x" * 2_000,
    [],
    [[]],
    {},
    {"a": [1]},
)
"""Values of which most fit no place."""
TEXTS = (
    "x",
    "",
    " ",
    "a\r\nb",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "y" * 500,
    "z" * 501,
    "\0",
)
NUMBERS = (0, 1, 1, 2, 3, 5, 20, 100, 101, -1)
DIRECTIVES = ("@include(if: true)", "@skip(if: false)", "@include(if: false)", "@skip(if: true)")
WRONG_SELECTIONS = (
    "nothing", "...Nothing", "... on Nothing { id }", "... on Query { __typename }", "id { id }", "edges",
    "__schema { types { name fields { name } } }", "__type(name: 3) { name }", "id @nothing", "id(a: 1)",
)  # fmt: skip


class Known:
    """What answers have shown, to be asked for again."""

    def __init__(self, *, usernames: Sequence[str]) -> None:
        self.usernames = [*usernames, "nobody", ""]
        self.ids: deque[str] = deque(["UG9zdDox", "VXNlcjox", "x", ""], maxlen=300)
        self.cursors: deque[str] = deque(["x", "a-b_c", "x\n\nevent: next\n\n", ""], maxlen=300)
        self.tokens: deque[str] = deque(["1.1." + "0" * 64, ""], maxlen=20)


class Document:
    """One request; `make` gives it."""

    def __init__(self, schema: GraphQLSchema, chance: Random, known: Known) -> None:
        self._schema = schema
        self._chance = chance
        self._known = known
        self._wrong = chance.choice((0, 0, 0, 0, 0.01, 0.05))
        """How likely each part is to be wrong."""
        self._fields_left = chance.choice((4, 12, 40, 150, 1_100))
        self._depth = chance.choice((2, 4, 6, 9, 14))
        self._variables: Json = {}
        self._declared: list[str] = []
        self._fragments: dict[str, str] = {}
        self._names = 0

    def make(self, kind: OperationType) -> Json:
        """The parameters of a request for such an operation."""
        chance = self._chance
        root = self._schema.get_root_type(kind)
        assert root is not None
        selected = self._root(root, kind)
        declared = f"({', '.join(self._declared)})" if self._declared else ""
        if self._is_wrong():
            declared = chance.choice(("", "($v: Nothing)", "($v1: Int, $v1: Int)", declared))
        texts = [f"{kind.value} A{declared} {selected}", *self._fragments.values()]
        if chance.random() < 0.03:
            texts.append("query B { __typename }")
        text = "\n".join(texts)
        if self._is_wrong():
            start = chance.randrange(len(text))
            text = (
                text[:start]
                + chance.choice(("", "{", "}", '"', "\0", "é"))
                + text[start + chance.randrange(3) :]
            )
        made: Json = {"query": text}
        if self._variables or chance.random() < 0.2:
            made["variables"] = self._variables if not self._is_wrong() else chance.choice(ANY)
        if chance.random() < 0.2:
            made["operationName"] = "A" if not self._is_wrong() else chance.choice(ANY)
        return made

    def _root(self, root: GraphQLObjectType, kind: OperationType) -> str:
        chance = self._chance
        count = 1
        if kind is OperationType.QUERY:
            count = chance.choice((1, 1, 2, 3, 8, 18))
        elif kind is OperationType.MUTATION:
            count = chance.choice((1, 1, 1, 2, 5))
        selected: list[str] = []
        for _ in range(count):
            name = chance.choice(list(root.fields))
            if name in {"signUp", "signIn"} and chance.random() < 0.9:
                name = "likePost"  # Hashing passwords takes what the others are to have.
            selected.append(self._field(name, root.fields[name], 1, alias=f"r{len(selected)}"))
        if count > 1 and kind is OperationType.QUERY and chance.random() < 0.4:
            failing = chance.choice(
                ("publicFeed(first: 101) { edges { cursor } }", "homeFeed { edges { cursor } }",
                 'node(id: "x") { id }', 'publicFeed(after: "x") { edges { cursor } }')
            )  # fmt: skip
            selected.insert(chance.randint(0, count), f"failing: {failing}")
        return f"{{ {' '.join(selected)} }}"

    def _is_wrong(self) -> bool:
        return self._wrong > 0 and self._chance.random() < self._wrong

    def _name(self, letter: str) -> str:
        self._names += 1
        return f"{letter}{self._names}"

    def _selections(self, type_: Any, depth: int, prefix: str = "") -> str:
        chosen = [self._selection(type_, depth, prefix) for _ in range(self._chance.randint(1, 5))]
        return f"{{ {' '.join(chosen)} }}"

    def _selection(self, type_: Any, depth: int, prefix: str) -> str:
        chance = self._chance
        if self._is_wrong():
            return chance.choice(WRONG_SELECTIONS)
        if (
            not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
            or self._fields_left <= 0
        ):
            return "__typename"
        kind = chance.random()
        if isinstance(type_, GraphQLInterfaceType) and kind < 0.6:
            member = chance.choice(self._schema.get_possible_types(type_))
            return f"... on {member.name} {self._selections(member, depth, f'{member.name}_')}"
        if kind < 0.08:
            return self._fragment(type_, depth, prefix)
        leaves = [
            name for name, field in type_.fields.items() if is_leaf_type(get_named_type(field.type))
        ]
        is_deeper = depth < self._depth and (chance.random() < 0.6 or not leaves)
        names = list(type_.fields) if is_deeper else leaves
        if kind < 0.12 or not names:
            return "__typename"
        name = chance.choice(names)
        field = type_.fields[name]
        alias = f"{prefix}{name}" if prefix else ""
        if field.args or chance.random() < 0.03:
            alias = self._name("a")
        return self._field(name, field, depth, alias=alias)

    def _fragment(self, type_: Any, depth: int, prefix: str) -> str:
        if self._chance.random() < 0.5:
            return self._spread(type_, depth, prefix)
        condition = self._chance.choice(("", "", f"on {type_.name}", None))
        if condition is None:
            condition = self._directive()
        return f"... {condition} {self._selections(type_, depth, prefix)}"

    def _spread(self, type_: Any, depth: int, prefix: str) -> str:
        known = [name for name in self._fragments if name.endswith(f"_{type_.name}")]
        if known and not prefix and self._chance.random() < 0.7:
            return f"...{self._chance.choice(known)}"
        name = f"{self._name('F')}_{type_.name}"
        inside = self._selections(type_, depth, prefix)
        cycle = f"... {{ ...{name} }}" if self._is_wrong() else ""
        self._fragments[name] = f"fragment {name} on {type_.name} {{ ... {inside} {cycle} }}"
        return f"...{name}"

    def _field(self, name: str, field: GraphQLField, depth: int, *, alias: str = "") -> str:
        chance = self._chance
        self._fields_left -= 1
        passed = []
        for key, argument in field.args.items():
            rare = 0.12 if key in {"after", "before", "last"} else 0.6
            if is_required_argument(argument) != self._is_wrong() or chance.random() < rare:
                passed.append(f"{key}: {self._passed(key, argument.type)}")
        text = f"{alias}: {name}" if alias else name
        if passed:
            text += f"({', '.join(passed)})"
        if chance.random() < 0.03:
            text += f" {self._directive()}"
        type_ = get_named_type(field.type)
        return text if is_leaf_type(type_) else f"{text} {self._selections(type_, depth + 1)}"

    def _directive(self) -> str:
        if self._chance.random() < 0.3:
            return f"@skip(if: {self._variable('if', self._schema.type_map['Boolean'], '!')})"
        return self._chance.choice(DIRECTIVES)

    def _passed(self, name: str, type_: Any) -> str:
        """A value as the document writes it: a literal or a variable."""
        if self._chance.random() < 0.4:
            return self._variable(name, type_)
        return self._literal(self._value(name, type_))

    def _variable(self, name: str, type_: Any, suffix: str = "") -> str:
        variable = self._name("v")
        declared = (
            f"{type_}{suffix}"
            if not self._is_wrong()
            else self._chance.choice(("Int", "[ID!]!", "Post"))
        )
        self._declared.append(f"${variable}: {declared}")
        if not self._is_wrong():
            self._variables[variable] = self._value(name, type_)
        return f"${variable}"

    def _value(self, name: str, type_: Any, *, is_nullable: bool = True) -> Any:
        chance, known = self._chance, self._known
        if isinstance(type_, GraphQLNonNull):
            return self._value(name, type_.of_type, is_nullable=False)
        if self._is_wrong() or (is_nullable and chance.random() < 0.05):
            return chance.choice(ANY) if self._wrong else None
        if isinstance(type_, GraphQLList):
            return [
                self._value(name, type_.of_type) for _ in range(chance.choice((0, 1, 3, 10, 101)))
            ]
        if isinstance(type_, GraphQLEnumType):
            return chance.choice(list(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return {
                key: self._value(key, field.type)
                for key, field in type_.fields.items()
                if (is_required_input_field(field) and not self._is_wrong())
                or chance.random() < 0.4
            }
        by_type: dict[str, Sequence[Any]] = {
            "Boolean": (True, False),
            "Int": NUMBERS,
            "ID": known.ids,
        }
        return chance.choice(by_type.get(type_.name) or self._texts().get(name, TEXTS))

    def _texts(self) -> dict[str, Sequence[str]]:
        """Texts for the arguments and input fields that take some of their own."""
        known = self._known
        keys = [f"k{self._chance.randrange(20)}", self._chance.randbytes(8).hex()]
        return {
            **dict.fromkeys(("after", "before", "since"), known.cursors),
            **dict.fromkeys(("username", "login"), known.usernames),
            "refreshToken": known.tokens,
            "clientMutationId": keys,
        }

    def _literal(self, value: Any) -> str:
        if isinstance(value, dict):
            return (
                f"{{{', '.join(f'{key}: {self._literal(each)}' for key, each in value.items())}}}"
            )
        if isinstance(value, list):
            return f"[{', '.join(map(self._literal, value))}]"
        return json.dumps(value)


def parameters(schema: GraphQLSchema, chance: Random, known: Known) -> Json:
    """The parameters of any request."""
    kind = chance.choice(
        (OperationType.QUERY,) * 7 + (OperationType.MUTATION,) * 3 + (OperationType.SUBSCRIPTION,)
    )
    return Document(schema, chance, known).make(kind)
