"""`make load` loads a server and says how it answered."""

from __future__ import annotations

import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from core.database.database import Database
from core.devserver.folder_locks import folder_lock
from core.devserver.ports import free_port
from core.devserver.published_variables import publish_variables
from tests.commands import environment_without_make, output_of
from tests.core.server.served import served
from tests.interactions.cast import create_posts, create_users
from tests.leaks import record_output
from tests.load.options import Options, OptionsInvalid
from tests.paths import ROOT

SECONDS = 110
KINDS = {"HomeFeed", "PublicFeed", "PostDetail", "LikePost", "PostInteractions (subscribe)", "all"}


def load(**variables: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["make", "load"],
        cwd=ROOT,
        env={**environment_without_make(), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    record_output("make load", done.stdout)
    return done


@pytest.fixture(scope="module")
def installed() -> None:
    """Locust, apart from what the tests import."""
    output_of("make", ".venv/load/.installed")
    assert find_spec("gevent") is None


async def test_users_read_write_and_watch_without_errors(
    installed: None, database: Database, tmp_path: Path
) -> None:
    authors = await create_users(database, 5)
    for author in authors:
        await create_posts(database, author, 10)
    with served(tmp_path, 1, DEBUG="true", ADDRESS_POINTS_PER_MINUTE="0") as server:
        await server.becomes_ready(1)
        url = f"http://{server.address}"
        done = load(LOAD_URL=url, LOAD_USERS="8", LOAD_SECONDS="12")
        logged = server.logged()
    assert done.returncode == 0, done.stdout
    rows = {
        match[1]: (int(match[2].replace(",", "")), int(match[3]))
        for match in re.finditer(
            r"(?m)^(\S.*?) {2,}([\d,]+) +(\d+) +[\d.]+( +\d+){3}$", done.stdout
        )
    }
    assert rows.keys() >= KINDS, done.stdout
    assert rows["all"][0] > 50
    assert rows["all"][1] == 0
    assert "from the like to its event" in rows
    assert re.search(r"(?m)^p95, ms +[▁▂▃▄▅▆▇█]+ ", done.stdout)
    assert (ROOT / ".data" / "load.html").stat().st_size > 10_000
    assert "Traceback" not in logged


def test_a_server_that_is_away_is_said(installed: None) -> None:
    done = load(LOAD_URL=f"http://127.0.0.1:{free_port()}", LOAD_USERS="1", LOAD_SECONDS="2")
    assert done.returncode != 0
    assert len(re.findall("Nothing answers at http", done.stdout)) == 1
    assert "Traceback" not in done.stdout


async def test_an_empty_feed_is_said(installed: None, database: Database, tmp_path: Path) -> None:
    with served(tmp_path, 1, DEBUG="true") as server:
        await server.becomes_ready(1)
        done = load(LOAD_URL=f"http://{server.address}", LOAD_USERS="1", LOAD_SECONDS="2")
    assert done.returncode != 0
    assert "is empty: seed it first" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [("LOAD_URL", "localhost:8000"), ("LOAD_USERS", "0"), ("LOAD_SECONDS", "soon")],
)
def test_invalid_options_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(OptionsInvalid, match=f"{name} is invalid: write "):
        Options.read()


def test_the_default_is_the_server_of_make_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("LOAD_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setattr("tests.load.options.DATA", tmp_path)
    assert Options.read() == ("http://localhost:8000", 50, 60, False)
    with folder_lock(tmp_path, "make run"):
        publish_variables(tmp_path, {"PORT": "8002"})
        assert Options.read().url == "http://localhost:8002"
    monkeypatch.setenv("PORT", "8001")
    assert Options.read().url == "http://localhost:8001"
