"""`make run` as a process: the first start, later starts, and errors."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.devserver.__main__ import DEMO_LOGIN, DEMO_PASSWORD
from core.devserver.folder_locks import folder_lock
from core.devserver.ports import free_port
from core.devserver.published_variables import published_variables
from core.devserver.server_processes import servers_in, wait_until_ended
from tests.docs.first_queries import said_by_first_queries
from tests.leaks import record_output
from tests.paths import ROOT
from tests.servers import SETTINGS, copy_migrated_cluster

TIMEOUT = 90.0
SIGN_IN = """
    mutation($input: SignInInput!) {
        signIn(input: $input) { session { accessToken } errors { message } }
    }
"""


class Run:
    """One process `python -m core.devserver` with its data and port."""

    def __init__(self, data: Path, port: int | str, **variables: str) -> None:
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.devserver", "--data", str(data)],
            cwd=ROOT,
            env={**inherited, "PORT": str(port), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""

    def wait_for(self, words: str) -> str:
        """The output up to the line with the words."""
        assert self.process.stdout
        deadline = time.monotonic() + TIMEOUT
        for line in self.process.stdout:
            self.output += line
            assert time.monotonic() < deadline, self.output
            if words in line:
                return self.output
        raise AssertionError(f"It ended without printing {words!r}:\n{self.output}")

    def end(self, number: signal.Signals | None = None) -> str:
        """The rest of its output, until it ends by the signal or by itself."""
        if number:
            self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=TIMEOUT)
        record_output(self.process.args, self.output + output)
        return output


OURS = {*SETTINGS, "DATABASE_URL", "REDIS_URL"}


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder; no server may run in it after the test."""
    folder = tmp_path / "data"
    yield folder
    left = servers_in(folder / "postgres", "postgres") + servers_in(
        folder / "valkey", "valkey-server"
    )
    assert wait_until_ended(left, TIMEOUT)


def ask(port: int, query: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
    answer = httpx.post(
        f"http://localhost:{port}/graphql/",
        json={"query": query, "variables": variables},
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=TIMEOUT,
    )
    answered: dict[str, Any] = answer.json()
    assert "errors" not in answered
    data: dict[str, Any] = answered["data"]
    return data


def test_the_first_start_seeds_a_feed_and_the_next_keeps_it(data: Path) -> None:
    port = free_port()
    copy_migrated_cluster(data / "postgres")  # As the first start leaves it before it seeds.
    killed = Run(data, port)
    killed.wait_for("First start")
    killed.end(signal.SIGKILL)

    first = Run(data, port)
    try:
        said = first.wait_for("Ctrl-C stops it")
        assert "is created again" in said
        assert f"http://localhost:{port}/graphql/" in said
        query = json.loads(re.findall(r"-d '(.+)'", said)[0])["query"]
        posts = ask(port, query)["publicFeed"]["edges"]
        assert len(posts) == 3

        credentials = {"login": DEMO_LOGIN, "password": DEMO_PASSWORD}
        token = ask(port, SIGN_IN, input=credentials)["signIn"]["session"]["accessToken"]
        assert ask(port, "{ homeFeed(first: 3) { edges { cursor } } }", token)["homeFeed"]["edges"]

        assert "(API and admin)" in said
        with httpx.Client(
            base_url=f"http://localhost:{port}", follow_redirects=True, timeout=TIMEOUT
        ) as browser:
            page = browser.get("/admin/").text
            csrf = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
            form = {"username": DEMO_LOGIN, "password": DEMO_PASSWORD, "next": "/admin/"}
            form["csrfmiddlewaretoken"] = csrf
            assert "<h1>Administration</h1>" in browser.post("/admin/login/", data=form).text

        found = published_variables(data)
        assert found["PORT"] == str(port)
        second = Run(data, free_port())
        assert f"already running in this checkout (process {first.process.pid}" in second.end()
        assert second.process.returncode == 1
    finally:
        remains = first.end(signal.SIGINT)
    assert remains.endswith("Stopped.\n")
    assert first.process.returncode == 0
    assert published_variables(data) == {}

    again = Run(data, port)
    try:
        assert "First start" not in again.wait_for("Ctrl-C stops it")
        assert ask(port, query)["publicFeed"]["edges"] == posts
        assert ask(port, "{ viewer { username } }", token)["viewer"] == {"username": DEMO_LOGIN}

        answers = said_by_first_queries(port, str(data.parent))
        assert "errors" not in answers.replace('"errors":[]', "")
        assert '"viewerHasLiked":' in answers
        assert '"changed":true' in answers
        assert '"likeCount":1' in answers
    finally:
        again.end(signal.SIGTERM)


def test_a_port_in_use_is_reported_before_anything_starts(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = Run(data, port)
        said = run.end()
    assert f"Another program listens on port {port}" in said
    assert re.search(r"PORT=\d+ make run", said)
    assert run.process.returncode == 1
    assert not (data / "postgres").exists()


def test_an_invalid_setting_is_reported(data: Path) -> None:
    said = Run(data, "eighty").end()
    assert said.strip().startswith("PORT is invalid: write a whole number")
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("variable", "url", "kind"),
    [
        ("DATABASE_URL", "postgresql://feed:hidden@127.0.0.1:{port}/feed", "PostgreSQL"),
        ("REDIS_URL", "redis://:hidden@127.0.0.1:{port}/0", "Valkey or Redis"),
    ],
)
def test_a_given_server_that_is_unreachable_is_reported(
    data: Path, variable: str, url: str, kind: str
) -> None:
    unused = free_port()
    run = Run(data, free_port(), **{variable: url.format(port=unused)})
    said = run.end()
    assert f"{kind} at 127.0.0.1:{unused} ({variable}) can't be used" in said
    assert "Traceback" not in said
    assert "hidden" not in said
    assert run.process.returncode == 1


def test_a_locked_folder_is_not_used(data: Path) -> None:
    with folder_lock(data, "process 1, elsewhere"):
        assert "(process 1, elsewhere)" in Run(data, free_port()).end()
