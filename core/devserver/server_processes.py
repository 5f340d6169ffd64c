"""Server processes that end with the process that started them."""

from __future__ import annotations

import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
POLL_SECONDS = 0.02


class ServerFailed(Exception):
    """A server could not be started or kept up; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose rights a server has."""

    uid: int
    gid: int


def owner_of_servers(folder: Path) -> Owner:
    """Whose rights the servers of this folder get.

    The caller's; in place of root's those of whoever owns the folder's data already, else `nobody`.
    Errors: ServerFailed if the folder belongs to another user.
    """
    uid = os.geteuid()
    there = folder.stat() if folder.exists() else None
    if uid != 0:
        if there and there.st_uid != uid:
            raise ServerFailed(
                f"{folder} belongs to another user. Run this as that user, or remove the folder."
            )
        return Owner(uid, os.getegid())
    if there and there.st_uid != 0:
        return Owner(there.st_uid, there.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise ServerFailed(
            "PostgreSQL does not run as root, and this machine has no user named nobody to run it "
            "as. Run this as an ordinary user."
        ) from None
    return Owner(nobody.pw_uid, nobody.pw_gid)


def advice_on_closed_folders(folder: Path) -> str:
    """What to do where servers started by root may be kept out of a folder above theirs; else empty."""
    if os.geteuid() != 0:
        return ""
    closed = [path for path in folder.parents if not path.stat().st_mode & stat.S_IXOTH]
    if not closed:
        return ""
    return (
        "\nPostgreSQL does not run as root, and this machine does not let it enter "
        f"{closed[-1]} as another user. Run this as an ordinary user, or from a checkout elsewhere."
    )


def write_private(path: Path, text: str, owner: Owner) -> None:
    """Writes a file that only its owner may read."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        if os.geteuid() != owner.uid:
            os.fchown(descriptor, owner.uid, owner.gid)


def package_folder(package: str) -> Path:
    """Where an installed package lies, found without importing it.

    Errors: ServerFailed if it is not installed.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailed(
            f"{package} is not installed: it brings the server's program. `make run` installs it; "
            "or set DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(spec.submodule_search_locations[0])


def own_folder(folder: Path) -> Owner:
    """Makes the folder if it is missing and gives it to the user whose rights its server gets."""
    owner = owner_of_servers(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != owner.uid:
        os.chown(folder, owner.uid, owner.gid)
    return owner


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A running server. It stops at its signal, and gets that too if its starter just ends."""

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
        owner: Owner | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> ServerProcess:
        """Starts the command in the folder; without a log it writes where we write.

        It is outside the terminal's process group, so that Ctrl-C reaches only the starter, which
        then stops its servers in order.
        """
        owner = owner or Owner(os.geteuid(), os.getegid())
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
        return self.process.poll() is not None

    def stop(self, *, timeout: float = 20.0) -> None:
        """Asks the server to stop and waits; past the timeout (seconds) it is killed."""
        if not self.has_ended():
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def last_lines(self, count: int = 12) -> str:
        """The end of its log, for a person to read."""
        text = self.log.read_text(errors="replace") if self.log and self.log.exists() else ""
        lines = text.splitlines()
        return "\n".join(f"    {line}" for line in lines[-count:])


def wait_until_gone(pids: Sequence[int], timeout: float) -> bool:
    """Whether all of these processes, children or not, have ended within the timeout (seconds)."""
    deadline = time.monotonic() + timeout
    while any(is_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def is_alive(pid: int) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def servers_in(folder: Path, program: str) -> list[int]:
    """Processes of that program whose working folder this is."""
    return list(_servers_in(folder, program))


def _servers_in(folder: Path, program: str) -> Iterator[int]:
    if not folder.exists():
        return
    here = folder.stat()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            there = (entry / "cwd").stat()
            if (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino):
                name = (entry / "exe").readlink().name.removesuffix(" (deleted)")
                if name == program and is_alive(int(entry.name)):
                    yield int(entry.name)


def end_leftovers(folder: Path, program: str, stop_signal: signal.Signals) -> None:
    """Ends what an earlier start left running in this folder, gently first."""
    for number, timeout in ((stop_signal, 20.0), (signal.SIGKILL, 10.0)):
        leftovers = servers_in(folder, program)
        for pid in leftovers:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if wait_until_gone(leftovers, timeout):
            return
    raise ServerFailed(f"{program} is still running in {folder} and can't be ended. Restart it.")
