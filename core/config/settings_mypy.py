"""Settings for mypy, which loads the models and needs no secret and no server."""

from __future__ import annotations

import os

os.environ.setdefault("DEBUG", "true")

from core.config.settings import *  # noqa: F403  # after the variable is set
