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
"""The length of all documents that they come from. A parsed one takes some 130 bytes a character."""


class Planned(NamedTuple):
    """The plan of an operation, or why it has none."""

    plan: Plan | None
    reason: str
    source: DocumentNode | OperationDefinitionNode | None
    """What was compiled. It lives as long as the entry, so no other object gets its id."""


def _length(planned: Planned) -> int:
    """The length of the document that the plan comes from, if it was parsed."""
    source = planned.source
    return 0 if source is None or source.loc is None else len(source.loc.source.body)


class PlanCache:
    """The plans of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._planned: RecentlyUsed[Hashable, Planned] = RecentlyUsed(
            PLANS, weight_limit=SOURCE_CHARACTERS, weigh=_length
        )

    def of_document(
        self, document: DocumentNode, name: str | None, options: PlanOptions
    ) -> Planned:
        """The plan of the operation of that name, or of the only one."""
        key = (id(document), name, options)
        return self._planned.get(key) or self._add(
            key, document, lambda: Plan(self._schema, *operation_of(document, name), options)
        )

    def of_operation(
        self,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        options: PlanOptions,
    ) -> Planned:
        """The plan of an operation that graphql-core has taken from its document: one for all with the same text."""
        text = id(operation) if operation.loc is None else operation.loc.source.body
        key = (text, operation.name and operation.name.value, options)
        found = self._planned.get(key)
        # A document may have been edited since it was parsed.
        if found is None or found.plan is None or not found.plan.is_for(operation, fragments):
            found = self._add(
                key, operation, lambda: Plan(self._schema, operation, fragments, options)
            )
        return found

    def _add(
        self,
        key: Hashable,
        source: DocumentNode | OperationDefinitionNode,
        make: Callable[[], Plan],
    ) -> Planned:
        try:
            planned = Planned(make(), "", source)
        except NotCompiled as reason:
            planned = Planned(None, str(reason), source)
        self._planned.put(key, planned)
        return planned


def plans_of(schema: GraphQLSchema) -> PlanCache:
    """The schema's plans."""
    fields = fields_of(schema)
    if fields.plans is None:
        fields.plans = PlanCache(schema)
    plans: PlanCache = fields.plans
    return plans
