"""Metrics of all processes of a server, in files of a shared folder."""

from __future__ import annotations

import os
from types import SimpleNamespace

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


_process = SimpleNamespace(name="")


def share_metrics(folder: str, process: str) -> None:
    """Stores the metrics that are defined from now on in files of the folder.

    `process` names the files. The successor of a process uses the same name and continues its counters, so sums
    never decrease and the number of files is bounded.
    """
    os.environ[SHARED_FOLDER] = folder
    name_process(process)
    from prometheus_client import values  # noqa: PLC0415  # reads the variable at import

    values.ValueClass = values.MultiProcessValue(lambda: _process.name)  # type: ignore[no-untyped-call]


def name_process(process: str) -> None:
    """Gives a forked process files of its own."""
    _process.name = process


def exposition() -> bytes:
    """The metrics of this process, or of all that share the folder, in Prometheus' text format."""
    from prometheus_client import REGISTRY, CollectorRegistry, generate_latest  # noqa: PLC0415
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

    registry = REGISTRY
    if SHARED_FOLDER in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # has no types
    return generate_latest(registry)
