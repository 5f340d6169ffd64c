"""Pauses between attempts."""

from __future__ import annotations

import random
from datetime import timedelta

FIRST_SECONDS = 1.0
MAX_SECONDS = 600.0
JITTER = 0.5


def pause_before_retry(attempts: int, *, at_most: float = MAX_SECONDS) -> timedelta:
    """The pause after so many failed attempts: doubled each time, with up to half added or taken away at random.

    Attempts that failed together for a common cause are so not repeated together.
    """
    seconds = min(FIRST_SECONDS * 2.0 ** min(attempts - 1, 30), at_most)
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311  # no secret
