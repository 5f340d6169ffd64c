"""Executes a server's program: `python -I launch.py SIGNAL PARENT UID GID COMMAND…`.

Before exec it sets what on Linux only the process itself can set: its user, and the signal that the kernel sends
when its parent ends, for any reason. So every server ends with its parent.

PostgreSQL refuses to run as root. Root's checkout may be in a folder that only root can enter (below /root), so the
ordinary user of the server keeps one capability: CAP_DAC_OVERRIDE. Where the system denies it, the server runs
without it.
"""

from __future__ import annotations

import ctypes
import os
import sys

SET_PARENT_DEATH_SIGNAL = 1
SET_SECURE_BITS = 28
KEEP_OVER_SETUID = 1 << 2  # SECBIT_NO_SETUID_FIXUP
AMBIENT_CAPABILITY = 47
AMBIENT_RAISE = 2
BYPASS_FILE_PERMISSIONS = 1  # CAP_DAC_OVERRIDE
CAPABILITY_VERSION = 0x20080522


class CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class CapabilitySet(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def change_user(libc: ctypes.CDLL, uid: int, gid: int) -> None:
    """Changes to an ordinary user, who keeps only CAP_DAC_OVERRIDE."""
    os.setgroups([])
    # Not PR_SET_KEEPCAPS: access(2), by which PostgreSQL finds its programs, would then ignore the capability.
    libc.prctl(SET_SECURE_BITS, KEEP_OVER_SETUID, 0, 0, 0)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    bit = 1 << BYPASS_FILE_PERMISSIONS
    for capabilities in (bit, 0):
        sets = (CapabilitySet * 2)(CapabilitySet(capabilities, capabilities, capabilities))
        if libc.capset(ctypes.byref(CapabilityHeader(CAPABILITY_VERSION, 0)), sets) == 0:
            break
    libc.prctl(AMBIENT_CAPABILITY, AMBIENT_RAISE, BYPASS_FILE_PERMISSIONS, 0, 0)


def main(arguments: list[str]) -> None:
    signal_number, parent, uid, gid = (int(argument) for argument in arguments[:4])
    command = arguments[4:]
    libc = ctypes.CDLL(None)
    if uid != os.geteuid():
        change_user(libc, uid, gid)
    libc.prctl(SET_PARENT_DEATH_SIGNAL, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("The parent process ended before the server started.")
    os.umask(0o077)
    os.execv(command[0], command)  # noqa: S606  # the parent's command


if __name__ == "__main__":
    main(sys.argv[1:])
