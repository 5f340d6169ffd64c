"""The plans of each schema that were used last. Both entrances share them: `api.py` and `strawberry_adapter.py`."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode
from graphql.execution.collect_fields import FragmentDetails

from core.execution.plan.field_resolution import fields_of
from core.execution.plan.parsed_bytes import parsed_bytes
from core.execution.plan.plan import NotCompiled, Plan, PlanOptions, operation_of
from core.recently_used import RecentlyUsed

PLANS = 512
"""How many operations of a schema are cached."""
MAX_BYTES = 32 * 1024 * 1024
"""Memory of plans, and of all documents that they come from."""
PLAN_BYTES = MAX_BYTES // PLANS
"""The memory for which a plan counts."""


class Planned(NamedTuple):
    """The plan of an operation, or why it has none."""

    plan: Plan | None
    reason: str


class CompiledSource(NamedTuple):
    """What was compiled, and its plans. It lives as long as they are cached, so no other object gets its id."""

    node: DocumentNode | OperationDefinitionNode
    size: int
    """Memory of the whole document. Units: bytes."""
    plans: dict[Hashable, Planned]


def _weight(source: CompiledSource) -> int:
    """A document counts once, however many of its operations have plans."""
    return source.size + PLAN_BYTES * len(source.plans)


class PlanCache:
    """The plans of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._sources: RecentlyUsed[Hashable, CompiledSource] = RecentlyUsed(
            PLANS, weight_limit=MAX_BYTES, weigh=_weight
        )

    def of_document(
        self, document: DocumentNode, name: str | None, options: PlanOptions
    ) -> Planned:
        """The plan of the operation of that name, or of the only one."""
        source = self._sources.get(id(document))
        if source is None:
            source = CompiledSource(document, parsed_bytes(document), {})
        key = (name, options)
        found = source.plans.get(key)
        if found is None:
            found = _planned(lambda: Plan(self._schema, *operation_of(document, name), options))
            plans = {**source.plans, key: found}
            self._sources.put(id(document), source._replace(plans=plans))
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
            source = CompiledSource(operation, parsed_bytes(operation), {key: found})
            self._sources.put(key, source)
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
