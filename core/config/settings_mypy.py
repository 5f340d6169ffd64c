"""The settings for the type checker, which needs the models but no secret and no server."""

from __future__ import annotations

import os

os.environ.setdefault("DEBUG", "true")

from core.config.settings import *  # noqa: F403  # after the variable is set
