"""How much memory a parsed document takes."""

from __future__ import annotations

from sys import getsizeof

from graphql import Node

BYTES_PER_TOKEN = 400
"""With the nodes that are made of it; as measured. White space makes none."""


def parsed_bytes(node: Node) -> int:
    """Estimated memory of the parsed document that the node is part of; 0 if it was not parsed. Units: bytes.

    Work: linear in the tokens, comments among them.
    """
    if node.loc is None:
        return 0
    tokens = 0
    before, after = node.loc.start_token.prev, node.loc.start_token.next
    while before is not None:
        before, tokens = before.prev, tokens + 1
    while after is not None:
        after, tokens = after.next, tokens + 1
    # Twice the text: the values of its tokens are parts of it.
    return 2 * getsizeof(node.loc.source.body) + BYTES_PER_TOKEN * tokens
