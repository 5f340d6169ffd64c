"""The check for secrets finds each kind of secret and fails the run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.accounts.tokens import AccessToken, AccessTokens, RefreshTokens
from tests.commands import environment_without_make
from tests.core.accounts.world import PASSWORD
from tests.leaks import secrets_in
from tests.paths import ROOT

ACCESS = AccessTokens(b"k" * 40).issue(AccessToken(7, 8, 2**31))
REFRESH = RefreshTokens(b"k" * 40).make(7, b"s" * 16, 1).text
LEAKS = {
    "a password": f"sign-in with {PASSWORD}",
    "an e-mail address": "Fault: no mail to ada.l@example.com.",
    "a password's hash": "user argon2$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
    "an access token": f"Bearer {ACCESS}",
    "a refresh token": f"token {REFRESH}",
    "a server's password": "could not reach postgresql://feed:secret@127.0.0.1:5432/feed",
    "values that PostgreSQL quotes": "DETAIL:  Key (username)=(ada) already exists.",
}


@pytest.mark.parametrize("kind", LEAKS)
def test_each_kind_of_secret_is_found(kind: str) -> None:
    assert secrets_in(f"2026-11-28 12:00:00 ERROR core: {LEAKS[kind]}\n") == [kind]


def test_ordinary_log_lines_are_not_reported() -> None:
    for line in (
        "Sign-in to account 7 from 10.0.0.1 is refused for 900 s",
        'duplicate key value violates unique constraint "users_email_unique"',
        "No PostgreSQL answers at 127.0.0.1:5432; redis://127.0.0.1:6379/0; postgresql://feed@db/feed",
        "Fault 0a1b2c3d4e5f in operation SignIn at signIn; version 1.2.3",
    ):
        assert secrets_in(line) == []


@pytest.mark.parametrize(
    ("written", "workers"),
    [
        ("by a test", 0),
        ("by a process of a test", 1),
        ("in a server's log", 0),
        ("in a server's log", 1),
    ],
)
def test_a_run_that_writes_a_secret_fails_without_printing_it(
    tmp_path: Path, written: str, workers: int
) -> None:
    log = tmp_path / "server.log"
    log.write_text(LEAKS["an access token"] if written == "in a server's log" else "ready\n")
    writes = {
        "by a test": f"import sys; print({LEAKS['an access token']!r}, file=sys.stderr)",
        "by a process of a test": "import subprocess; subprocess.run("
        f"['echo', {LEAKS['an access token']!r}], check=True)",
        "in a server's log": "pass",
    }
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    {writes[written]}\n")
    (tmp_path / "conftest.py").write_text(
        "from pathlib import Path\nfrom tests.leaks import LeakCheck\n"
        "def pytest_configure(config):\n"
        f"    logs = [] if config.option.numprocesses else [Path({str(log)!r})]\n"
        "    config.pluginmanager.register(LeakCheck(logs))\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "xdist.plugin", "-p", "no:cacheprovider"),
            f"-n{workers}",
            tmp_path,
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
    assert "1 passed" in ended.stdout, ended.stdout
    assert "an access token in " in ended.stdout
    assert ACCESS not in ended.stdout
    assert ended.returncode == 1
