"""The plans of each schema that were used last. Both entrances share them: `api.py` and `strawberry_adapter.py`."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode
from graphql.execution.collect_fields import FragmentDetails

from core.execution.plan.field_resolution import fields_of
from core.execution.plan.plan import NotCompiled, Plan, PlanOptions, operation_of
from core.recently_used import RecentlyUsed

PLANS = 512
"""How many operations of a schema are cached."""
SOURCE_CHARACTERS = 256 * 1024
"""The length of all documents that they come from, and of plans. A parsed one takes some 130 bytes a character."""
PLAN_CHARACTERS = SOURCE_CHARACTERS // PLANS
"""The length for which a plan counts."""


class Planned(NamedTuple):
    """The plan of an operation, or why it has none."""

    plan: Plan | None
    reason: str


class CompiledSource(NamedTuple):
    """What was compiled, and its plans. It lives as long as they are cached, so no other object gets its id."""

    node: DocumentNode | OperationDefinitionNode
    plans: dict[Hashable, Planned]


def _weight(source: CompiledSource) -> int:
    """A document counts once, however many of its operations have plans."""
    loc = source.node.loc
    length = 0 if loc is None else len(loc.source.body)
    return length + PLAN_CHARACTERS * len(source.plans)


class PlanCache:
    """The plans of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._sources: RecentlyUsed[Hashable, CompiledSource] = RecentlyUsed(
            PLANS, weight_limit=SOURCE_CHARACTERS, weigh=_weight
        )

    def of_document(
        self, document: DocumentNode, name: str | None, options: PlanOptions
    ) -> Planned:
        """The plan of the operation of that name, or of the only one."""
        source = self._sources.get(id(document)) or CompiledSource(document, {})
        key = (name, options)
        found = source.plans.get(key)
        if found is None:
            found = _planned(lambda: Plan(self._schema, *operation_of(document, name), options))
            self._sources.put(id(document), CompiledSource(document, {**source.plans, key: found}))
        return found

    def of_operation(
        self,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        options: PlanOptions,
    ) -> Planned:
        """The plan of an operation that graphql-core has taken from its document: one for all with the same text."""
        text = id(operation) if operation.loc is None else operation.loc.source.body
        key = (text, operation.name and operation.name.value, options)
        source = self._sources.get(key)
        found = None if source is None else source.plans[key]
        # A document may have been edited since it was parsed.
        if found is None or found.plan is None or not found.plan.is_for(operation, fragments):
            found = _planned(lambda: Plan(self._schema, operation, fragments, options))
            self._sources.put(key, CompiledSource(operation, {key: found}))
        return found


def _planned(make: Callable[[], Plan]) -> Planned:
    try:
        return Planned(make(), "")
    except NotCompiled as reason:
        return Planned(None, str(reason))


def plans_of(schema: GraphQLSchema) -> PlanCache:
    """The schema's plans."""
    fields = fields_of(schema)
    if fields.plans is None:
        fields.plans = PlanCache(schema)
    plans: PlanCache = fields.plans
    return plans
