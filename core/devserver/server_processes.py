"""Server processes that end with their parent process."""

from __future__ import annotations

import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
POLL_SECONDS = 0.02


class ServerFailed(Exception):
    """A server can't be started or keeps ending; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ProcessUser:
    """The user and group that a server runs as."""

    uid: int
    gid: int


def owner_of_servers(folder: Path) -> ProcessUser:
    """The user that the folder's servers run as.

    That is the caller; for root it is the owner of an existing folder, else `nobody`.
    Errors: ServerFailed if the folder belongs to another user.
    """
    uid = os.geteuid()
    there = folder.stat() if folder.exists() else None
    if uid != 0:
        if there and there.st_uid != uid:
            raise ServerFailed(
                f"{folder} belongs to another user. Run this as that user, or remove the folder."
            )
        return ProcessUser(uid, os.getegid())
    if there and there.st_uid != 0:
        return ProcessUser(there.st_uid, there.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise ServerFailed(
            "PostgreSQL does not run as root, and this machine has no user `nobody`. Run this as an ordinary user."
        ) from None
    return ProcessUser(nobody.pw_uid, nobody.pw_gid)


def closed_folder_advice(folder: Path) -> str:
    """Advice for root if other users can't enter a parent of the folder; else empty."""
    if os.geteuid() != 0:
        return ""
    closed = [path for path in folder.parents if not path.stat().st_mode & stat.S_IXOTH]
    if not closed:
        return ""
    return (
        "\nPostgreSQL does not run as root, and other users can't enter "
        f"{closed[-1]}. Run this as an ordinary user, or from a checkout elsewhere."
    )


def write_private(path: Path, text: str, owner: ProcessUser) -> None:
    """Writes a file that only its owner may read."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        if os.geteuid() != owner.uid:
            os.fchown(descriptor, owner.uid, owner.gid)


def package_folder(package: str) -> Path:
    """The folder of an installed package, which is not imported.

    Errors: ServerFailed if it is not installed.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailed(
            f"{package}, which contains the server's program, is not installed. `make run` installs it; "
            "or set DATABASE_URL and REDIS_URL to running servers."
        )
    return Path(spec.submodule_search_locations[0])


def own_folder(folder: Path) -> ProcessUser:
    """Creates the folder if it is missing, with the user of its server as owner."""
    owner = owner_of_servers(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != owner.uid:
        os.chown(folder, owner.uid, owner.gid)
    return owner


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A running server. `stop_signal` stops it; the kernel sends it too when the parent ends."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None
    stop_signal: signal.Signals

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str | Path],
        *,
        stop_signal: signal.Signals,
        folder: Path,
        log: Path | None = None,
        owner: ProcessUser | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> ServerProcess:
        """Starts the command in the folder; without a log it inherits our output.

        The process has a session of its own, so that Ctrl-C reaches only the parent, which then stops its servers
        in order.
        """
        owner = owner or ProcessUser(os.geteuid(), os.getegid())
        identity = (int(stop_signal), os.getpid(), owner.uid, owner.gid)
        with nullcontext() if log is None else log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", LAUNCHER, *map(str, identity), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                env=dict(variables if variables is not None else os.environ),
                start_new_session=True,
            )
        return cls(name, process, log, stop_signal)

    @property
    def pid(self) -> int:
        return self.process.pid

    def has_ended(self) -> bool:
        """Whether it has ended. May be interrupted by the exception of a signal handler, which would leave the lock of
        `Popen.poll` locked for ever.
        """
        if self.process.returncode is not None:
            return True
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.process.pid, flags) is not None

    def stop(self, *, timeout: float = 20.0) -> None:
        """Sends the stop signal and waits; kills the server after the timeout (seconds)."""
        if not self.has_ended():
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def last_lines(self, count: int = 12) -> str:
        """The last lines of its log, indented."""
        text = self.log.read_text(errors="replace") if self.log and self.log.exists() else ""
        lines = text.splitlines()
        return "\n".join(f"    {line}" for line in lines[-count:])


class SupervisedServer(ABC):
    """A server of one process that can be restarted."""

    stop_seconds = 20.0
    """Timeout of a stop; then it is killed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: ServerProcess | None = None

    @property
    def process(self) -> ServerProcess:
        """Errors: ServerFailed unless it was started."""
        if self._process is None:
            raise ServerFailed(f"{self.name} is not running.")
        return self._process

    @abstractmethod
    def start(self) -> None:
        """Starts the server without waiting; call `wait` before use."""

    @abstractmethod
    def wait(self) -> None:
        """Returns when the server can be used. Errors: ServerFailed."""

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop(timeout=self.stop_seconds)
            self._process = None


def wait_until_ended(pids: Sequence[int], timeout: float) -> bool:
    """Whether all processes, children or not, end within the timeout (seconds)."""
    deadline = time.monotonic() + timeout
    while any(is_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def servers_in(folder: Path, program: str) -> list[int]:
    """The ids of the program's processes whose working directory is the folder."""
    found: list[int] = []
    if not folder.exists():
        return found
    here = folder.stat()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            there = (entry / "cwd").stat()
            if (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino):
                name = (entry / "exe").readlink().name.removesuffix(" (deleted)")
                if name == program and is_alive(int(entry.name)):
                    found.append(int(entry.name))
    return found


def end_leftovers(folder: Path, program: str, stop_signal: signal.Signals) -> None:
    """Ends servers of an earlier start in this folder: by the stop signal, then by SIGKILL. Errors: ServerFailed."""
    for number, timeout in ((stop_signal, 20.0), (signal.SIGKILL, 10.0)):
        leftovers = servers_in(folder, program)
        for pid in leftovers:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if wait_until_ended(leftovers, timeout):
            return
    raise ServerFailed(
        f"{program} is still running in {folder} and can't be killed. Restart the machine."
    )
