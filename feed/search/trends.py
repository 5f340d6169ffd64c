"""The order in which trending posts are shown."""

from __future__ import annotations

from collections.abc import Sequence

APART = 10
"""Among so many posts in a row an author has one, as far as there are others."""


def spread(posts: Sequence[tuple[int, int]]) -> list[int]:
    """The keys of posts, each given with its author, in their order but with the posts of an author apart."""
    waiting = list(posts)
    spread_out: list[tuple[int, int]] = []
    while waiting:
        recent = {author for _, author in spread_out[1 - APART :]}
        fitting = (n for n, (_, author) in enumerate(waiting) if author not in recent)
        spread_out.append(waiting.pop(next(fitting, 0)))
    return [post for post, _ in spread_out]
