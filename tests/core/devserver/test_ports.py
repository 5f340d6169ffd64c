"""Ports for servers that are about to start."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from core.devserver.ports import PORTS_OF_PROCESS, PROCESSES, free_port
from tests.paths import ROOT

OF_ANOTHER_PROCESS = f"""
import json
from core.devserver.ports import free_port
print(json.dumps([free_port() for _ in range({PORTS_OF_PROCESS})]))
"""


def ports_of_another_process() -> set[int]:
    """Those of one that does not have this process's range, as one of a thousand has."""
    command = [sys.executable, "-c", OF_ANOTHER_PROCESS]
    while True:
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            output, _ = process.communicate()
        if (process.pid - os.getpid()) % PROCESSES:
            return {*json.loads(output)}


def test_processes_that_ask_at_once_get_different_ports() -> None:
    theirs = ports_of_another_process()
    assert not theirs & {free_port() for _ in range(PORTS_OF_PROCESS)}


def test_no_port_is_one_that_outgoing_connections_get() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(free_port() < first for _ in range(PORTS_OF_PROCESS))


def test_a_port_on_which_somebody_listens_is_left_out() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert server.getsockname()[1] not in {free_port() for _ in range(2 * PORTS_OF_PROCESS)}
