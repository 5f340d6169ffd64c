"""What the checks of a whole session have in common: they fail it, and show at its end what they have found."""

from __future__ import annotations

from typing import Any

import pytest

SHOWN_AT_MOST = 50


class SessionCheck:
    """Fails the session if anything is found. With workers the controller shows what all of them have found."""

    def __init__(self, title: str) -> None:
        self._title = title
        self.found: list[str] = []

    def judge_session(self, session: pytest.Session) -> None:
        """To be called when everything has been looked at."""
        if self.found and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[self._title] = self.found

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes over what a worker has found that has ended; one that was killed found nothing."""
        found = getattr(node, "workeroutput", {}).get(self._title, [])
        self.found += [line for line in found if line not in self.found]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.judge_session(session)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.found:
            terminalreporter.section(self._title)
            for line in self.found[:SHOWN_AT_MOST]:
                terminalreporter.line(line)
