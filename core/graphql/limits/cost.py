"""The cost of an operation before it is executed: a formula over the sizes that its variables give.

The cost is the sum of the weights of all values that the operation may return, where the number of a list's values is
the size of its page. Objects weigh 1 and scalars 0 if no `@cost` says otherwise. Two rules bound what the directives
alone would not: a list counts as one value at least, because it is looked up even if nothing of it is wanted, and
what is under an alias weighs 1 at least, because it repeats what the object already returns.

A formula has one term for each list whose size is a variable; all else is summed when it is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil
from typing import Any, NamedTuple, Protocol

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from core.errors import JSONObject
from core.graphql.limits.directives import ListSize, list_size_of, rate_limit_of, weight_of
from core.paging import MAX_PAGE_SIZE


class Formula(Protocol):
    """A cost that may depend on variables."""

    def value(self, variables: JSONObject) -> float:
        """The cost with these variables, as they were sent."""


class Size(NamedTuple):
    """How many values a list has."""

    known: int | None
    """The largest size that the document itself gives."""
    variables: tuple[tuple[str, int | None], ...]
    """Variables that give a size, with their defaults."""
    assumed: int
    """The size if none is given."""

    def value(self, variables: JSONObject) -> int:
        size = self.known
        for name, default in self.variables:
            given = _length(variables.get(name, default))
            if given is not None and (size is None or given > size):
                size = given
        if size is None:
            size = self.assumed
        # The resolver refuses a longer page before it reads anything.
        return 1 if size < 1 else min(size, MAX_PAGE_SIZE)


class Sum(NamedTuple):
    """A fixed cost and, for each term, a cost for each value of a list."""

    fixed: float
    terms: tuple[tuple[Size | int, Formula], ...] = ()

    def value(self, variables: JSONObject) -> float:
        total = self.fixed
        for size, each in self.terms:
            count = size if type(size) is int else size.value(variables)  # type: ignore[union-attr]  # a Size
            total += count * each.value(variables)
        return total


class Largest(NamedTuple):
    """The cost of the possible type that costs most."""

    options: tuple[Sum, ...]

    def value(self, variables: JSONObject) -> float:
        return max(option.value(variables) for option in self.options)


NOTHING = Sum(0)
INTROSPECTION = ("__schema", "__type")
INTROSPECTION_COST = 100
"""Of each of these fields: to read the whole schema takes as long as a few pages."""


class OperationCost:
    """The cost of one operation."""

    __slots__ = ("_formula", "_size_variables", "_usual", "rates", "root_fields")

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, document: DocumentNode
    ) -> None:
        compilation = _Compilation(schema, operation, document)
        root: Any = schema.get_root_type(operation.operation)
        # A valid document may have an operation of a type that the schema lacks: its execution fails.
        fields = compilation.fields(root, [operation.selection_set]) if root else {}
        names = [nodes[0].name.value for nodes in fields.values()]
        self.root_fields = frozenset(names)
        """The names of the root fields."""
        definitions = [schema.get_field(root, name) for name in names]
        buckets = Counter(rate_limit_of(each) for each in definitions if each is not None)
        self.rates = tuple((name, count) for name, count in buckets.items() if name is not None)
        """How often the operation calls the mutations of each bucket."""
        self._formula: Formula = compilation.cost_of(root, fields, {})
        self._size_variables = frozenset(compilation.size_variables)
        self._usual = ceil(self._formula.value({}))
        """The cost without any of these variables."""

    def value(self, variables: JSONObject) -> int:
        """The cost with these variables, as they were sent."""
        if self._size_variables.isdisjoint(variables):
            return self._usual
        return ceil(self._formula.value(variables))


class _Compilation:
    """Makes the formula of an operation of a valid document. Work: linear in the fields, fragments expanded."""

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, document: DocumentNode
    ) -> None:
        self._schema = schema
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._defaults = {
            each.variable.name.value: _length_of(each.default_value)
            for each in operation.variable_definitions or ()
        }
        self.size_variables: set[str] = set()
        """The variables that give a size; known once there is a formula."""

    def fields(
        self, object_type: GraphQLObjectType, selection_sets: Iterable[SelectionSetNode]
    ) -> dict[str, list[FieldNode]]:
        """The fields of the type by response key, as they are merged in the answer."""
        fields: dict[str, list[FieldNode]] = {}
        for selection_set in selection_sets:
            self._collect(object_type, selection_set, fields, set())
        return fields

    def cost_of(
        self,
        object_type: GraphQLObjectType,
        fields: dict[str, list[FieldNode]],
        sizes: dict[str, Size],
    ) -> Sum:
        """The cost of an object's fields. `sizes`: of its lists whose size the parent gives."""
        return _sum(self._field(object_type, key, nodes, sizes) for key, nodes in fields.items())

    def _collect(
        self,
        object_type: GraphQLObjectType,
        selection_set: SelectionSetNode,
        fields: dict[str, list[FieldNode]],
        spread: set[str],
    ) -> None:
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                key = (selection.alias or selection.name).value
                fields.setdefault(key, []).append(selection)
                continue
            part: InlineFragmentNode | FragmentDefinitionNode
            if isinstance(selection, InlineFragmentNode):
                part = selection
            else:
                name = selection.name.value  # type: ignore[attr-defined]  # a fragment spread
                if name in spread:
                    continue
                spread.add(name)
                part = self._fragments[name]
            condition = part.type_condition
            if condition is None or self._is_a(object_type, condition.name.value):
                self._collect(object_type, part.selection_set, fields, spread)

    def _is_a(self, object_type: GraphQLObjectType, name: str) -> bool:
        named = self._schema.get_type(name)
        return named is object_type or (
            named is not None
            and is_abstract_type(named)
            and self._schema.is_sub_type(named, object_type)
        )

    def _field(
        self,
        parent_type: GraphQLObjectType,
        key: str,
        nodes: Sequence[FieldNode],
        sizes: dict[str, Size],
    ) -> Sum:
        name = nodes[0].name.value
        definition = self._schema.get_field(parent_type, name)
        if name in INTROSPECTION:
            return Sum(INTROSPECTION_COST)  # What it may nest has limits of its own.
        if definition is None:
            return NOTHING
        own = list_size_of(definition)
        own_size = self._size(definition, nodes[0], own) if own is not None else None
        size = sizes.get(name)
        below: dict[str, Size] = {}
        if own is not None and own_size is not None:
            if own.sized_fields:
                below = dict.fromkeys(own.sized_fields, own_size)
            else:
                size = own_size
        value = self._value(definition, nodes, below, is_alias=key != name)
        if size is None:
            return value
        known = size.value({}) if not size.variables else None
        if known is not None and not value.terms:
            return Sum(known * value.fixed)
        return Sum(0, ((size if known is None else known, value),))

    def _value(
        self,
        definition: GraphQLField,
        nodes: Sequence[FieldNode],
        sizes: dict[str, Size],
        *,
        is_alias: bool,
    ) -> Sum:
        """The cost of one value of a field: its weight and its own fields."""
        named_type = get_named_type(definition.type)
        if not is_composite_type(named_type):
            return Sum(max(weight_of(definition, named_type, 0), is_alias))
        weight = Sum(max(weight_of(definition, named_type, 1), is_alias))
        selection_sets = [node.selection_set for node in nodes if node.selection_set]
        if isinstance(named_type, GraphQLObjectType):
            fields = self.fields(named_type, selection_sets)
            return _sum([weight, self.cost_of(named_type, fields, sizes)])
        possible = self._schema.get_possible_types(named_type)
        options = tuple(
            self.cost_of(each, self.fields(each, selection_sets), sizes) for each in possible
        )
        if any(option.terms for option in options):
            return Sum(weight.fixed, ((1, Largest(options)),))
        return Sum(weight.fixed + max((option.fixed for option in options), default=0))

    def _size(self, definition: GraphQLField, node: FieldNode, given: ListSize) -> Size:
        values = {each.name.value: each.value for each in node.arguments or ()}
        known: list[int] = []
        variables: list[tuple[str, int | None]] = []
        for name in given.slicing_arguments or ():
            if name not in values:
                default = _length(definition.args[name].default_value)
                known += () if default is None else (default,)
                continue
            value = values[name]
            if isinstance(value, VariableNode):
                variable = value.name.value
                variables.append((variable, self._defaults.get(variable)))
                self.size_variables.add(variable)
            else:
                length = _length_of(value)
                known += () if length is None else (length,)
        return Size(max(known, default=None), tuple(variables), given.assumed_size or 1)


def _sum(parts: Iterable[Sum]) -> Sum:
    fixed = 0.0
    terms: list[tuple[Size | int, Formula]] = []
    for part in parts:
        fixed += part.fixed
        terms += part.terms
    return Sum(fixed, tuple(terms))


def _length(value: object) -> int | None:
    """The size that the value of an argument gives; None for null and for what the resolver refuses."""
    if type(value) is int:
        return value
    if type(value) is float and value.is_integer():  # An `Int` may be sent as 20.0.
        return int(value)
    return len(value) if isinstance(value, list) else None


def _length_of(value: ValueNode | None) -> int | None:
    """The same for a value in the document."""
    if isinstance(value, IntValueNode):
        return int(value.value)
    if isinstance(value, ListValueNode):
        return len(value.values)
    return None
