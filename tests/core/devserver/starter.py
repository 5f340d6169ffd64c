"""A process that starts servers in a folder and keeps them up.

`python -m tests.core.devserver.starter FOLDER [PROCESS]` writes a line of JSON with their addresses and process
numbers each time that they are up, and ends with that process.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from core.devserver.folder_locks import folder_lock
from core.devserver.server_processes import ServerFailed
from core.devserver.servers import Servers, running_servers
from core.devserver.supervision import StopRequested, restart_ended, stop_requests


def main(folder: Path, with_process: int | None = None) -> None:
    try:
        with stop_requests():
            serve(folder, with_process)
    except StopRequested:
        print("stopped", flush=True)
    except ServerFailed as failure:
        sys.exit(f"{type(failure).__name__}: {failure}")


def serve(folder: Path, with_process: int | None) -> None:
    with (
        folder_lock(folder, "the starter"),
        running_servers(folder, durable=True) as servers,
    ):
        tell(servers)
        restart_ended(
            servers.started,
            report=lambda _: None,
            after_restart=lambda: tell(servers),
            with_process=with_process,
        )


def tell(servers: Servers) -> None:
    processes = {server.process.name: server.process.pid for server in servers.started}
    print(json.dumps({**servers.variables, "processes": processes}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
