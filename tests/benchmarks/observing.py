"""What metrics, the log line and a trace add to a request, in instructions: `python -m tests.benchmarks.observing`.

Each step runs alone, in a loop under valgrind's callgrind, so that neither a clock nor other work counts. Traces go to
a collector that keeps nothing. Needs valgrind (`apt-get install valgrind`).
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

from tests.paths import ROOT
from tests.servers import set_up_program

if __name__ == "__main__":
    set_up_program()

from core.config.schema import graphql_schema  # needs the settings
from core.database.statement_metrics import statement_ended  # as above
from core.database.usage import USAGE, Timing  # as above
from core.graphql.document import DocumentOperation  # as above
from core.graphql.document_store import DocumentStore  # as above
from core.graphql.limits.limits import Limits  # as above
from core.graphql.request_record import RequestRecord  # as above
from core.server.request_log import RequestLog  # as above
from core.server.request_metrics import RequestMetrics  # as above
from core.server.telemetry import Telemetry  # as above
from tests.benchmarks.instructions import TOTAL, control  # as above

REQUESTS, TRACES = 1_000, 250
COUNTED = "--counted"
DOCUMENT = "query PublicFeed { publicFeed { edges { cursor } } }"
STATEMENT = "-- posts_public\nSELECT 1"


class Collector(BaseHTTPRequestHandler):
    """Accepts any traces."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Writes nothing."""


@contextmanager
def collector() -> Iterator[str]:
    """The address of a collector in this process."""
    server = HTTPServer(("127.0.0.1", 0), Collector)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def instructions(folder: Path, step: Callable[[int], None], times: int) -> float:
    """Those of one turn of a step that is done so many times. This process runs under callgrind."""
    step(times // 5)
    control("-z", str(os.getpid()))
    step(times)
    control("-d", str(os.getpid()))
    newest = max(folder.glob("counts.*"), key=lambda path: path.stat().st_mtime_ns)
    total = TOTAL.search(newest.read_text(errors="replace"))
    assert total is not None, newest
    return int(total[1]) / times


def answered(number: int, operation: DocumentOperation) -> RequestRecord:
    """The record of a request of one statement."""
    record = RequestRecord(f"0123456789ab-{number:x}", operation)
    record.viewer_id, record.status, record.cost = None, 200, 21
    record.statements, record.rows = 1, 20
    record.seconds = 0.00123456 + number * 1e-7
    return record


def trace(telemetry: Telemetry, record: RequestRecord) -> None:
    """Exports a request with three parts."""
    began = record.began
    parts = [Timing(name, began, began) for name in ("document", "plan")]
    telemetry.export(record, [*parts, Timing(STATEMENT, began, began, 20)])


async def count_all(folder: Path, url: str) -> None:
    """Prints the instructions of each step, without those of an empty one."""
    operation = DocumentStore(graphql_schema, Limits()).by_text(DOCUMENT).operation(None)
    records = [answered(number, operation) for number in range(REQUESTS)]
    metrics, log = RequestMetrics(), RequestLog("INFO", fraction=1.0, slow_seconds=1.0)
    telemetry = Telemetry(url, fraction=0.0)
    USAGE.set(records[0])
    control("-i", "on", str(os.getpid()))

    def count(
        step: Callable[[RequestRecord], object], end: Callable[[], object], times: int
    ) -> float:
        def steps(times: int) -> None:
            for number in range(times):
                step(records[number])
            end()

        return instructions(folder, steps, times)

    def nothing(*_: object) -> None:
        """As cheap as a step can be."""

    loop = count(nothing, nothing, REQUESTS)
    for name, step, end, times in (
        ("metrics of a request", metrics.observe, nothing, REQUESTS),
        (
            "metrics of a statement",
            lambda one: statement_ended(STATEMENT, one.began, 20),
            nothing,
            REQUESTS,
        ),
        ("log line", log.observe, log.flush, REQUESTS),
        ("whether to trace", lambda _: telemetry.samples(None), nothing, REQUESTS),
        ("a trace, exported", lambda one: trace(telemetry, one), telemetry.flush, TRACES),
    ):
        print(f"{name:<24}{count(step, end, times) - loop:>12,.0f}", flush=True)
    telemetry.close()


def main() -> None:
    if COUNTED in sys.argv:
        asyncio.run(count_all(Path(sys.argv[2]), sys.argv[3]))
        return
    with tempfile.TemporaryDirectory() as folder, collector() as url:
        command = [
            *("valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no"),
            f"--callgrind-out-file={folder}/counts",
            *(sys.executable, "-m", "tests.benchmarks.observing", COUNTED, folder, url),
        ]
        subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            stderr=subprocess.DEVNULL,  # The log lines.
            check=True,
        )


if __name__ == "__main__":
    main()
