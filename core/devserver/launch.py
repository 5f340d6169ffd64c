"""Becomes the server that it is told to run.

Started as `python -I launch.py SIGNAL PARENT UID GID COMMAND…`. Between start and exec it settles
what only the process itself can settle on Linux: whose rights it has, and that the kernel sends it
SIGNAL when its parent ends, however that ends. So no server outlives its starter.

PostgreSQL refuses to run as root. A checkout of root's may lie where only root may go (below
/root), so the ordinary user that the server becomes keeps one capability: to pass closed folders.
Where the machine withholds that capability the server runs without.
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
PASS_CLOSED_FOLDERS = 1  # CAP_DAC_OVERRIDE
CAPABILITY_VERSION = 0x20080522


class CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class CapabilitySet(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def become(libc: ctypes.CDLL, uid: int, gid: int) -> None:
    """Gives up root's rights, all but the capability to pass closed folders."""
    os.setgroups([])
    # Not PR_SET_KEEPCAPS: with that access(2), by which PostgreSQL finds its programs, would ignore
    # the capability.
    libc.prctl(SET_SECURE_BITS, KEEP_OVER_SETUID, 0, 0, 0)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    bit = 1 << PASS_CLOSED_FOLDERS
    for capabilities in (bit, 0):
        sets = (CapabilitySet * 2)(CapabilitySet(capabilities, capabilities, capabilities))
        if libc.capset(ctypes.byref(CapabilityHeader(CAPABILITY_VERSION, 0)), sets) == 0:
            break
    libc.prctl(AMBIENT_CAPABILITY, AMBIENT_RAISE, PASS_CLOSED_FOLDERS, 0, 0)


def main(arguments: list[str]) -> None:
    signal_number, parent, uid, gid = (int(argument) for argument in arguments[:4])
    command = arguments[4:]
    libc = ctypes.CDLL(None)
    if uid != os.geteuid():
        become(libc, uid, gid)
    libc.prctl(SET_PARENT_DEATH_SIGNAL, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("The parent ended before the server began.")
    os.umask(0o077)
    os.execv(command[0], command)  # noqa: S606  # the command comes from the parent, as it is


if __name__ == "__main__":
    main(sys.argv[1:])
