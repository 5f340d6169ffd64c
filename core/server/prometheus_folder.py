"""The metrics of all processes of a server, kept in the files of one folder and read as one."""

from __future__ import annotations

import os

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def share_metrics(folder: str, process: str) -> None:
    """Keeps the metrics that are defined from now on in the folder.

    `process` names the files. A process that takes the place of one that has ended takes its name
    and goes on with its counters, so the sums never fall and the files do not become more.
    """
    os.environ[SHARED_FOLDER] = folder
    from prometheus_client import values  # noqa: PLC0415  # it reads the variable

    values.ValueClass = values.MultiProcessValue(lambda: process)  # type: ignore[no-untyped-call]


def exposition() -> bytes:
    """The metrics of this process, or of all that share theirs, as Prometheus reads them."""
    from prometheus_client import REGISTRY, CollectorRegistry, generate_latest  # noqa: PLC0415
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

    registry = REGISTRY
    if SHARED_FOLDER in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # has no types
    return generate_latest(registry)
