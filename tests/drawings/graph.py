"""Layout of a directed graph without cycles: rows from its longest paths, few crossings, the same every time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

SWEEPS = 8


def reduced(edges: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """The edges without those that a longer path implies."""
    reached: dict[str, set[str]] = {}

    def reach(node: str) -> set[str]:
        if node not in reached:
            targets = edges.get(node, ())
            reached[node] = set(targets).union(*(reach(target) for target in targets))
        return reached[node]

    return {
        node: sorted(
            target
            for target in targets
            if not any(target in reach(other) for other in targets if other != target)
        )
        for node, targets in sorted(edges.items())
    }


@dataclass
class Layered:
    """Rows from top to bottom, each from left to right, and each edge as the places that it passes.

    A place is (row, column). An edge over several rows passes an empty place in each row between.
    """

    rows: list[list[str]]
    paths: list[list[tuple[int, int]]] = field(default_factory=list)


def layered(nodes: Sequence[str], edges: Mapping[str, Collection[str]]) -> Layered:
    """Every edge goes down. Nodes stand as low as their edges let them."""
    height: dict[str, int] = {}

    def height_of(node: str) -> int:
        if node not in height:
            height[node] = max((height_of(target) + 1 for target in edges.get(node, ())), default=0)
        return height[node]

    top = max(height_of(node) for node in nodes)
    rows: list[list[str]] = [[] for _ in range(top + 1)]
    for node in nodes:
        rows[top - height[node]].append(node)
    chains = []
    for node in nodes:
        for target in sorted(edges.get(node, ())):
            chain = [node]
            for level in range(height[node] - 1, height[target], -1):
                passed = f" {node} {target} {level}"
                rows[top - level].append(passed)
                chain.append(passed)
            chains.append([*chain, target])
    _untangle(rows, chains)
    place = {node: (y, x) for y, row in enumerate(rows) for x, node in enumerate(row)}
    return Layered(rows, [[place[node] for node in chain] for chain in chains])


def _untangle(rows: list[list[str]], chains: list[list[str]]) -> None:
    """Puts each node of a row below, then above, the middle of its neighbours."""
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for chain in chains:
        for upper, lower in pairwise(chain):
            below.setdefault(upper, []).append(lower)
            above.setdefault(lower, []).append(upper)
    for sweep in range(SWEEPS):
        neighbours = below if sweep % 2 else above
        for row in rows[::-1] if sweep % 2 else rows:
            at = {node: x - (len(other) - 1) / 2 for other in rows for x, node in enumerate(other)}
            middle = {
                node: sum(at[near] for near in neighbours[node]) / len(neighbours[node])
                if node in neighbours
                else at[node]
                for node in row
            }
            row.sort(key=middle.__getitem__)
