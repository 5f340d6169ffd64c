"""How other commands of a checkout find the servers that run in it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from core.devserver.folder_locks import is_locked
from core.devserver.server_processes import Owner, write_private

FILE = "running.json"


def publish_variables(folder: Path, variables: Mapping[str, str]) -> None:
    """Leaves the settings of the running server in its folder, for this user only."""
    caller = Owner(os.geteuid(), os.getegid())
    write_private(folder / FILE, json.dumps(dict(variables)), caller)


def withdraw_variables(folder: Path) -> None:
    """Takes away what an earlier server may have left, as long as the new one is not ready."""
    (folder / FILE).unlink(missing_ok=True)


def published_variables(folder: Path) -> dict[str, str]:
    """The settings of the server that runs in this folder; empty if none does or they are not ours
    to read."""
    if not is_locked(folder):
        return {}
    try:
        variables: dict[str, str] = json.loads((folder / FILE).read_text())
    except (OSError, ValueError):
        return {}
    return variables
