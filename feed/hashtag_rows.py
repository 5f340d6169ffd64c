"""Rows of hashtags."""

from __future__ import annotations

from typing import NamedTuple


class HashtagRow(NamedTuple):
    """A hashtag: the columns of the fragment `{hashtag of=…}`."""

    id: int
    name: str
    post_count: int
