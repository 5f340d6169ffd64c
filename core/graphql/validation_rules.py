"""The rules by which documents are validated: those of the specification, as far as a document can break them."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import (
    ASTValidationRule,
    FragmentsOnCompositeTypesRule,
    KnownDirectivesRule,
    KnownFragmentNamesRule,
    MaxIntrospectionDepthRule,
    NoFragmentCyclesRule,
    NoUndefinedVariablesRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    OverlappingFieldsCanBeMergedRule,
    PossibleFragmentSpreadsRule,
    UniqueDirectivesPerLocationRule,
    UniqueFragmentNamesRule,
    UniqueVariableNamesRule,
    ValidationContext,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
    specified_rules,
)

Rules = Sequence[type[ASTValidationRule]]

# A rule visits every node. Most documents have no directives and no fragments, or no variables.
ABOUT_VARIABLES = {
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    UniqueVariableNamesRule,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
}
ABOUT_DIRECTIVES = {KnownDirectivesRule, UniqueDirectivesPerLocationRule}
ABOUT_FRAGMENTS = {
    FragmentsOnCompositeTypesRule,
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    NoUnusedFragmentsRule,
    PossibleFragmentSpreadsRule,
    UniqueFragmentNamesRule,
}


class ValidationRules:
    """The specified rules, of which the one of superlinear cost has its work bounded."""

    def __init__(self, merge_steps: int) -> None:
        """`merge_steps`: how many comparisons may check that fields of one name can be merged."""
        merge_rule = _merge_rule(merge_steps)
        self._rules: list[type[ASTValidationRule]] = [
            merge_rule if rule is OverlappingFieldsCanBeMergedRule else rule
            for rule in specified_rules
        ]

    def of(self, text: str) -> Rules:
        """The rules that a document with this text can break."""
        idle: set[type[ASTValidationRule]] = set()
        if "$" not in text:
            idle |= ABOUT_VARIABLES
        if "@" not in text:
            idle |= ABOUT_DIRECTIVES
        if "__" not in text:
            idle.add(MaxIntrospectionDepthRule)
        if "..." not in text and "fragment" not in text:
            idle |= ABOUT_FRAGMENTS
        return [rule for rule in self._rules if rule not in idle]


def _merge_rule(merge_steps: int) -> type[OverlappingFieldsCanBeMergedRule]:
    class BudgetedMergeRule(OverlappingFieldsCanBeMergedRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = merge_steps

    return BudgetedMergeRule
