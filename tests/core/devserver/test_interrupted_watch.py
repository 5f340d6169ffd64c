"""A stop that is requested while a server is looked at."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from core.devserver.server_processes import ServerProcess
from core.devserver.supervision import StopRequested

TIMEOUT = 20.0


class RaiseAtLine:
    """Traces Python, and raises StopRequested at the nth line, as a signal's handler may between any two."""

    def __init__(self, nth: int) -> None:
        self._left = nth
        self.has_raised = False

    def __call__(self, _frame: FrameType, event: str, _argument: Any) -> RaiseAtLine:
        if event == "line":
            self._left -= 1
            if self._left == 0:
                self.has_raised = True
                raise StopRequested
        return self


def test_a_server_that_is_looked_at_when_a_stop_is_requested_can_be_stopped(tmp_path: Path) -> None:
    nth, has_raised = 0, True
    while has_raised:
        nth += 1
        server = ServerProcess.start(
            "a server", ["sleep", "60"], stop_signal=signal.SIGTERM, folder=tmp_path
        )
        raising = RaiseAtLine(nth)
        before = sys.gettrace()
        sys.settrace(raising)
        try:
            assert not server.has_ended()
        except StopRequested:
            pass
        finally:
            sys.settrace(before)
        has_raised = raising.has_raised
        stopping = threading.Thread(target=server.stop, daemon=True)
        stopping.start()
        stopping.join(TIMEOUT)
        assert not stopping.is_alive(), f"at line {nth}"
        assert server.has_ended()
    assert nth > 2
