"""The settings of a running `make run`, for management commands in the same checkout."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from core.devserver.folder_locks import is_locked
from core.devserver.server_processes import ProcessUser, write_private

FILE = "running.json"


def publish_variables(folder: Path, variables: Mapping[str, str]) -> None:
    """Writes the settings to a file in the folder that only this user can read."""
    caller = ProcessUser(os.geteuid(), os.getegid())
    write_private(folder / FILE, json.dumps(dict(variables)), caller)


def remove_published_variables(folder: Path) -> None:
    """Removes the settings that an earlier run may have left."""
    (folder / FILE).unlink(missing_ok=True)


def published_variables(folder: Path) -> dict[str, str]:
    """The settings of the run that holds the folder's lock; empty if there is none or another user's."""
    if not is_locked(folder):
        return {}
    try:
        variables: dict[str, str] = json.loads((folder / FILE).read_text())
    except (OSError, ValueError):
        return {}
    return variables
