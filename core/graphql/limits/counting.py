"""Counts the fields, depth, aliases … of a document before validation, in time linear in its length.

A fragment is counted once and its counts are added wherever it is spread, so fragments that spread
each other exponentially cost no more than their text. Cycles count as nothing: validation rejects
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Token,
    TokenKind,
    ValueNode,
)

from core.errors import ClientError
from core.graphql.limits.limits import Limits, over_limit

INTROSPECTION_ROOTS = frozenset({"__schema", "__type"})
INTROSPECTION_LISTS = frozenset(
    {"types", "directives", "fields", "args", "interfaces", "possibleTypes", "inputFields"}
)
MAX_COUNTED = 10**9
LONG_FRAGMENTS = "Split it into several requests, or spread fewer fragments."


@dataclass(slots=True)
class DocumentCounts:
    """The counts of a selection set with its fragments expanded."""

    fields: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    fragment_spreads: int = 0
    list_items: int = 0
    """The length of the longest list in an argument."""
    input_fields: int = 0
    """The number of fields of the largest object in an argument."""
    lists: int = 0
    """Depth of nested introspection lists, if the set is part of an introspection."""
    introspection_depth: int = 0
    introspection_lists: int = 0
    introspection_aliases: int = 0

    def add(self, other: DocumentCounts) -> None:
        """Adds the counts of a sibling: sums numbers, takes the maximum of depths."""
        self.fields = min(self.fields + other.fields, MAX_COUNTED)
        self.aliases = min(self.aliases + other.aliases, MAX_COUNTED)
        self.directives = min(self.directives + other.directives, MAX_COUNTED)
        self.root_fields = min(self.root_fields + other.root_fields, MAX_COUNTED)
        self.fragment_spreads = min(self.fragment_spreads + other.fragment_spreads, MAX_COUNTED)
        self.introspection_aliases = min(
            self.introspection_aliases + other.introspection_aliases, MAX_COUNTED
        )
        self.depth = max(self.depth, other.depth)
        self.lists = max(self.lists, other.lists)
        self.list_items = max(self.list_items, other.list_items)
        self.input_fields = max(self.input_fields, other.input_fields)
        self.introspection_depth = max(self.introspection_depth, other.introspection_depth)
        self.introspection_lists = max(self.introspection_lists, other.introspection_lists)


class DocumentCounter:
    """Counts the operations and fragments of one document."""

    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self._limits = limits
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._counted: dict[str, DocumentCounts] = {}
        self._nesting = 0

    def operation(self, operation: OperationDefinitionNode) -> DocumentCounts:
        """The counts of an operation. Errors: LIMIT_EXCEEDED if it is nested too deeply."""
        counts = DocumentCounts()
        counts.add(self._selections(operation.selection_set))
        counts.directives += len(operation.directives or ())
        for variable in operation.variable_definitions or ():
            counts.directives += len(variable.directives or ())
        return counts

    def fragment(self, name: str) -> DocumentCounts:
        """The counts of a fragment; zero if it is undefined, or already being counted (a cycle)."""
        known = self._counted.get(name)
        if known is not None:
            return known
        self._counted[name] = DocumentCounts()
        definition = self._fragments.get(name)
        if definition is not None:
            counts = self._selections(definition.selection_set)
            counts.directives += len(definition.directives or ())
            self._counted[name] = counts
        return self._counted[name]

    def _selections(self, selection_set: SelectionSetNode) -> DocumentCounts:
        allowed = self._limits.nesting
        if self._nesting >= allowed:
            advice = "Nest fewer fragments in each other."
            raise over_limit("nesting", f"more than {allowed}", allowed, advice)
        self._nesting += 1
        total = DocumentCounts()
        leaves = aliased_leaves = 0
        for selection in selection_set.selections:
            total.directives += len(selection.directives or ())
            if isinstance(selection, FieldNode):
                if selection.selection_set is None and not selection.arguments:
                    leaves += 1
                    aliased_leaves += selection.alias is not None
                else:
                    total.add(self._field(selection))
            elif isinstance(selection, InlineFragmentNode):
                total.add(self._selections(selection.selection_set))
            elif isinstance(selection, FragmentSpreadNode):
                total.add(self.fragment(selection.name.value))
                total.fragment_spreads += 1
        if leaves:
            total.add(
                DocumentCounts(fields=leaves, depth=1, aliases=aliased_leaves, root_fields=leaves)
            )
        self._nesting -= 1
        return total

    def _field(self, field: FieldNode) -> DocumentCounts:
        name = field.name.value
        below = self._selections(field.selection_set) if field.selection_set else DocumentCounts()
        aliased = 1 if field.alias else 0
        longest, largest = _largest_values(field.arguments or ())
        counts = DocumentCounts(
            fields=below.fields + 1,
            depth=below.depth + 1,
            aliases=below.aliases + aliased,
            directives=below.directives,
            root_fields=1,
            fragment_spreads=below.fragment_spreads,
            list_items=max(below.list_items, longest),
            input_fields=max(below.input_fields, largest),
            lists=below.lists + (name in INTROSPECTION_LISTS),
            introspection_depth=below.introspection_depth,
            introspection_lists=below.introspection_lists,
            introspection_aliases=below.introspection_aliases,
        )
        if name in INTROSPECTION_ROOTS:
            counts.depth = 1
            counts.introspection_depth = below.depth + 1
            counts.introspection_lists = below.lists
            counts.introspection_aliases = below.aliases + aliased
        return counts


def check_text(text: str, limits: Limits) -> None:
    """Errors: LIMIT_EXCEEDED for a document with more characters, lines or escapes than the limits allow."""
    advice = "Select fewer fields, and send values as variables."
    line_ends = text.count("\n") + text.count("\r") - text.count("\r\n")
    for limit, found, allowed in (
        ("characters", len(text), limits.document_characters),
        ("lines", line_ends + 1, limits.lines),
        ("escapes", text.count("\\"), limits.escapes),
    ):
        if found > allowed:
            raise over_limit(limit, found, allowed, advice)


def check_limits(document: DocumentNode, limits: Limits) -> list[ClientError]:
    """One error for each limit that the document exceeds."""
    return _long_tokens(document, limits) or _over_limits(document, limits)


def _over_limits(document: DocumentNode, limits: Limits) -> list[ClientError]:
    operations = [
        each for each in document.definitions if isinstance(each, OperationDefinitionNode)
    ]
    if len(operations) > limits.operations:
        advice = "Send only the operation to execute."
        return [over_limit("operations", len(operations), limits.operations, advice)]
    variables = sum(len(each.variable_definitions or ()) for each in operations)
    if variables > limits.variables:
        advice = "Send several values in one variable: a list or an input object."
        return [over_limit("variables", variables, limits.variables, advice)]
    counter = DocumentCounter(document, limits)
    largest = DocumentCounts()
    try:
        for operation in operations:
            _take_larger(largest, counter.operation(operation))
        for definition in document.definitions:
            # Validation also visits fragments that nothing spreads.
            if isinstance(definition, FragmentDefinitionNode):
                alone = counter.fragment(definition.name.value)
                _take_larger(
                    largest,
                    DocumentCounts(
                        fields=alone.fields,
                        aliases=alone.aliases,
                        fragment_spreads=alone.fragment_spreads,
                    ),
                )
    except ClientError as too_deep:
        return [too_deep]
    return _exceeded_limits(largest, limits)


def _largest_values(arguments: Iterable[ArgumentNode]) -> tuple[int, int]:
    """The length of the longest list in the arguments, and the number of fields of the largest object."""
    longest = largest = 0
    values: list[ValueNode] = [argument.value for argument in arguments]
    while values:
        value = values.pop()
        if isinstance(value, ListValueNode):
            longest = max(longest, len(value.values))
            values += value.values
        elif isinstance(value, ObjectValueNode):
            largest = max(largest, len(value.fields))
            values += [field.value for field in value.fields]
    return longest, largest


def _take_larger(largest: DocumentCounts, counts: DocumentCounts) -> None:
    for name in DocumentCounts.__slots__:
        setattr(largest, name, max(getattr(largest, name), getattr(counts, name)))


def _exceeded_limits(counts: DocumentCounts, limits: Limits) -> list[ClientError]:
    advice_by_limit = {
        "depth": "Nest fields less deeply.",
        "fields": LONG_FRAGMENTS,
        "aliases": "Use fewer aliases; to read many objects, use `nodes(ids:)`.",
        "directives": "Use fewer directives, or split the operation.",
        "root_fields": "Split the operation into several requests.",
        "fragment_spreads": LONG_FRAGMENTS,
        "list_items": "Send shorter lists, in several requests.",
        "input_fields": "Send only fields that the input type has.",
        "introspection_depth": "Follow `ofType` fewer times.",
        "introspection_lists": "Read the schema with the standard introspection query.",
        "introspection_aliases": "Read the schema with the standard introspection query.",
    }
    errors = []
    for name, advice in advice_by_limit.items():
        found, allowed = getattr(counts, name), getattr(limits, name)
        if found > allowed:
            shown = found if found < MAX_COUNTED else f"{MAX_COUNTED:,} or more"
            errors.append(over_limit(name.replace("_", " "), shown, allowed, advice))
    return errors


def _long_tokens(document: DocumentNode, limits: Limits) -> list[ClientError]:
    """An error for the first number literal with more digits than any type allows, or name that is too long."""
    numbers, names = limits.number_characters, limits.name_characters
    shortest = min(numbers, names)
    for token in _tokens(document):
        length = token.end - token.start
        if length <= shortest:
            continue
        if length > numbers and token.kind in {TokenKind.INT, TokenKind.FLOAT}:
            advice = "Send a shorter number, or a string if the type is a string."
            return [over_limit("characters of a number", length, numbers, advice)]
        if length > names and token.kind is TokenKind.NAME:
            advice = "Use shorter aliases and names."
            return [over_limit("characters of a name", length, names, advice)]
    return []


def _tokens(document: DocumentNode) -> Iterator[Token]:
    """The document's tokens, as its parser counts them: without comments, and without its begin and end."""
    token = document.loc.start_token.next if document.loc else None
    while token is not None and token.kind is not TokenKind.EOF:
        if token.kind is not TokenKind.COMMENT:
            yield token
        token = token.next
