"""Ports for servers that are about to start."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

from core.devserver.ports import PORTS_OF_PROCESS, free_port
from tests.paths import ROOT

OF_ANOTHER_PROCESS = f"""
import json
from core.devserver.ports import free_port
print(json.dumps([free_port() for _ in range({PORTS_OF_PROCESS})]))
"""


def test_processes_that_ask_at_once_get_different_ports() -> None:
    command = [sys.executable, "-c", OF_ANOTHER_PROCESS]
    theirs = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    ours = [free_port() for _ in range(PORTS_OF_PROCESS)]
    assert not {*ours} & {*theirs}


def test_no_port_is_one_that_outgoing_connections_get() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(free_port() < first for _ in range(PORTS_OF_PROCESS))


def test_a_port_on_which_somebody_listens_is_left_out() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert server.getsockname()[1] not in {free_port() for _ in range(2 * PORTS_OF_PROCESS)}
