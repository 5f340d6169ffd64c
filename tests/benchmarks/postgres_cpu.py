"""CPU time of PostgreSQL's processes, as the kernel's scheduler counts it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

NANOSECONDS = 1_000_000_000


class PostgresCPU:
    """CPU time of all processes of PostgreSQL: finer than the clock ticks of `PostgresFigures`, without ended ones."""

    def __init__(self, backend_pid: int) -> None:
        """`backend_pid`: what `pg_backend_pid()` returns, on this machine."""
        self._postmaster = _parent(backend_pid)

    @property
    def seconds(self) -> float:
        total = 0
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(FileNotFoundError, ProcessLookupError):
                if _parent(int(folder.name)) == self._postmaster:
                    total += int((folder / "schedstat").read_text().split()[0])
        return total / NANOSECONDS


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
