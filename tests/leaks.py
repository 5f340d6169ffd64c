"""Fails the run if a secret is in the output of tests or of their processes, or in a server's log.

Secrets of tests are recognisable: passwords begin with `hush`, e-mail addresses are in example.com or
example.org. Tokens, hashes and passwords of servers have their own forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.session_check import SessionCheck

SECRETS = {
    "a password": re.compile(r"hush[-\w]*|for-tests-for-tests"),
    "an e-mail address": re.compile(r"[\w.+-]+@example\.(?:com|org|invalid)\b"),
    "a password's hash": re.compile(r"argon2\w*\$argon2|\$argon2id\$|pbkdf2_sha256\$\d"),
    "an access token": re.compile(r"\bWz[\w-]{16,}\.[\w-]{43}(?![\w-])"),
    "a refresh token": re.compile(r"\b[1-9]\d*\.[1-9]\d*\.[0-9a-f]{64}\b"),
    "a server's password": re.compile(r"\b(?:postgres(?:ql)?|rediss?)://[^\s/@]*:[^\s/@]+@"),
    "values that PostgreSQL quotes": re.compile(r"\bKey \([^)]*\)=\(|Failing row contains \("),
}
OUTPUTS: list[tuple[str, str]] = []


def record_output(command: object, text: str) -> str:
    """The given output of a process, recorded to be checked at the end of the run."""
    OUTPUTS.append((f"output of {command}", text))
    return text


def secrets_in(text: str) -> list[str]:
    """The kinds of secrets in the text, without the secrets."""
    return [kind for kind, form in SECRETS.items() if form.search(text)]


class LeakCheck(SessionCheck):
    """Checks the output of each test and of its processes, and the servers' logs."""

    def __init__(self, logs: Iterable[Path] = ()) -> None:
        super().__init__("secrets in logs and messages")
        self._logs = list(logs)

    def check(self, source: str, text: str) -> None:
        self.found += [f"{kind} in {source}" for kind in secrets_in(text)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, text in report.sections:
            # pytest's own record of log calls is not the output of the project's handlers.
            if not name.startswith("Captured log"):
                self.check(f"{name} of {report.nodeid}", text)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        for source, text in OUTPUTS:
            self.check(source, text)
        for log in self._logs:
            if log.exists():
                self.check(log.name, log.read_text(errors="replace"))
        self.report(session)
