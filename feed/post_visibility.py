"""The audiences of a post."""

from __future__ import annotations

from enum import IntEnum


class PostVisibility(IntEnum):
    """Who may read a post, besides its author. Order: from the widest to the narrowest."""

    PUBLIC = 0
    FOLLOWERS = 1
    MENTIONED = 2
