"""The servers that a test run stands on: its own, or those that TEST_DATABASE_URL names."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext

from core.devserver.servers import Servers, temporary_servers
from tests.paths import ROOT

FOLDER = ROOT / ".data" / "tests"
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "core.config.settings",
    "DEBUG": "true",
    "SECRET_KEY": "for-tests-" * 5,
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "LOG_LEVEL": "WARNING",
}


def servers_for_tests() -> AbstractContextManager[Servers]:
    """Servers with an empty database. One that is named instead is written to: give none that
    matters."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        redis_url = os.environ.get("TEST_REDIS_URL", "redis://localhost:6379/0")
        return nullcontext(Servers(named, redis_url, started=()))
    return temporary_servers(FOLDER)
