"""The check for resources left behind finds each kind, and names the test that left it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import environment_without_make
from tests.leaks import record_output
from tests.paths import ROOT

CONFTEST = """
import os
from tests.left_behind import NAME, LeftBehindCheck, ServersView, tests_loop
from tests.session_check import SessionCheck

def pytest_configure(config):
    is_controller = config.option.numprocesses
    check = SessionCheck(NAME) if is_controller else LeftBehindCheck(ServersView(os.environ))
    config.pluginmanager.register(check, NAME)
"""
SETTINGS = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = session
asyncio_default_test_loop_scope = session
"""
START = """
import asyncio, os, socket, subprocess, threading
import psycopg2, pytest, redis
from tests import left_behind

left_behind.SECONDS_TO_END = 0.5
KEPT = []

def keep(thing):
    KEPT.append(thing)
    return thing

def postgres():
    return keep(psycopg2.connect(os.environ["DATABASE_URL"]))

@pytest.fixture(scope="session")
def of_session():
    keep(open(os.devnull))
    yield
    {closed}

@pytest.fixture(scope="module")
def of_module():
    with socket.create_server(("127.0.0.1", 0)):
        yield

async def test_first(of_session, of_module): pass
"""
LEAVES = {
    "task": "keep(asyncio.create_task(asyncio.sleep(60)))",
    "thread": "threading.Thread(target=threading.Event().wait, daemon=True).start()",
    "process": "keep(subprocess.Popen(['sleep', '60']))",
    "open_file": "keep(open(os.devnull))",
    "socket": "keep(socket.create_server(('127.0.0.1', 0)))",
    "PostgreSQL_session": "postgres().cursor().execute('SELECT 1')",
    "advisory_lock": "postgres().cursor().execute('SELECT pg_advisory_lock(1)')",
    "Valkey_client": "keep(redis.Redis.from_url(os.environ['REDIS_URL'])).ping()",
}
ENDS = {
    "task": "keep(asyncio.create_task(asyncio.sleep(0.1)))",
    "thread": "await asyncio.to_thread(len, '')",
    "process": "subprocess.run(['true'])",
    "session": "postgres().close()",
}


def run(
    folder: Path, tests: dict[str, str], *, closed: str = "KEPT[0].close()", workers: int = 0
) -> tuple[int, str]:
    """The exit code and output of a run of tests with these names and bodies."""
    source = START.format(closed=closed)
    for name, does in tests.items():
        source += f"async def test_{name}():\n    {does}\n"
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "pytest.ini").write_text(SETTINGS)
    (folder / "test_it.py").write_text(source)
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "xdist.plugin", "-p", "pytest_asyncio.plugin"),
            *("-p", "no:cacheprovider"),
            f"-n{workers}",
            folder,
        ],
        cwd=ROOT,
        env={
            **environment_without_make(),
            "PYTHONPATH": str(ROOT),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # To import them all takes longer than the run.
        },
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    return ended.returncode, record_output("a run of tests", ended.stdout + ended.stderr)


def test_each_kind_of_resource_is_found_and_its_test_named(tmp_path: Path) -> None:
    code, output = run(tmp_path, LEAVES)
    assert code == 1
    assert "9 passed, 2 errors" in output, output
    assert "ERROR at teardown of test_task" in output
    for name in LEAVES:
        kind = name.replace("_", " ")
        lines = [line for line in output.splitlines() if line.startswith(f"{kind} ")]
        seen = "" if kind == "task" else f"first seen after test_it.py::test_{name}"
        assert any(line.endswith(seen) for line in lines), output
    assert "left behind by the session" not in output


@pytest.mark.parametrize("workers", [0, 1])
def test_a_resource_of_a_session_fixture_is_found(tmp_path: Path, workers: int) -> None:
    code, output = run(tmp_path, {}, closed="pass", workers=workers)
    assert code == 1
    assert "1 passed in" in output
    assert "open file" in output.partition("left behind by the session")[2]


def test_released_resources_are_not_reported(tmp_path: Path) -> None:
    code, output = run(tmp_path, ENDS)
    assert code == 0, output
    assert "5 passed in" in output
