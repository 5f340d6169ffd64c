"""The base class of checks of a whole session, which fail it and list their findings at its end."""

from __future__ import annotations

from typing import Any

import pytest

MAX_SHOWN = 50


class SessionCheck:
    """Fails the session if there are findings. With workers the controller lists the findings of all of them."""

    def __init__(self, title: str) -> None:
        self._title = title
        self.found: list[str] = []

    def report(self, session: pytest.Session) -> None:
        """Fails the session if there are findings. Call it after the last check."""
        if self.found and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[self._title] = self.found

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Adds the findings of a worker that has ended; one that was killed has none."""
        found = getattr(node, "workeroutput", {}).get(self._title, [])
        self.found += [line for line in found if line not in self.found]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.report(session)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.found:
            terminalreporter.section(self._title)
            for line in self.found[:MAX_SHOWN]:
                terminalreporter.line(line)
