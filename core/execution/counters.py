"""How operations were executed."""

from __future__ import annotations

from collections import Counter


class Counters:
    """How many executions ran from plans, and how many fell back to the standard executor, by reason."""

    def __init__(self) -> None:
        self.compiled = 0
        self.fallbacks: Counter[str] = Counter()

    def ran_compiled(self) -> None:
        self.compiled += 1

    def fell_back(self, reason: str) -> None:
        self.fallbacks[reason] += 1
