"""The settings, but static files in the folder STATIC_FILES: the checkout's own belongs to all tests."""

from __future__ import annotations

import os
from pathlib import Path

from core.config.settings import *  # noqa: F403  # what Django's documentation does to change one setting

STATIC_ROOT = Path(os.environ["STATIC_FILES"])
