"""Figures are told to Prometheus as its library would tell its own."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import prometheus_client
import pytest
from prometheus_client.registry import Collector

from core.config.scrape import Figures
from core.events import figures
from tests.ops.commands import ROOT, said_by

COUNT_IN_TWO_PROCESSES = """
import subprocess
import sys

from core.events.metrics import EVENTS_READ

EVENTS_READ.inc(2)
if sys.argv[1:] != ["other"]:
    subprocess.run([sys.executable, __file__, "other"], check=True)
    from core.config.scrape import scraped
    from core.execution.counters import Counters

    print(*(line for line in scraped(Counters()).decode().splitlines() if line.startswith("feed_")))
"""


def use(library: ModuleType | SimpleNamespace) -> None:
    """The calls that there are, with amounts inside, on and beyond the bounds."""
    read: Any = library.Counter("test_read", "What was read.")
    read.inc()
    read.inc(41)
    library.Counter("test_untouched", "What nobody counted.")
    told: Any = library.Counter("test_told", 'A "text" with \\ and\nlines.', ["field", "by"])
    told.labels("a", "one").inc()
    told.labels("a", "all").inc(0.5)
    told.labels("a", "one").inc()
    library.Counter("test_unlabelled", "Whose labels never came.", ["reason"])
    open_: Any = library.Gauge("test_open", "Open.", ["field"], multiprocess_mode="livesum")
    open_.labels("a").inc()
    open_.labels("a").dec(3)
    library.Gauge("test_connected", "Whether it is.").set(True)
    age: Any = library.Histogram("test_age", "How old.", buckets=(0.002, 0.5, 1, 60))
    for seconds in (0, 0.002, 0.0021, 1, 1.5, 60, 61, 1e9):
        age.observe(seconds)


def told_by(collector: Collector) -> list[str]:
    """What Prometheus reads, without moments."""
    registry = prometheus_client.CollectorRegistry()
    registry.register(collector)
    lines = prometheus_client.generate_latest(registry).decode().splitlines()
    return [line.rpartition(" ")[0] if "_created" in line else line for line in lines]


def test_plain_figures_say_what_the_library_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures.Figure, "all", [])
    use(figures)
    registry = prometheus_client.CollectorRegistry()

    def kept(kind: Any) -> Any:
        return lambda *args, **options: kind(*args, registry=registry, **options)

    kinds = {
        name: kept(getattr(prometheus_client, name)) for name in ("Counter", "Gauge", "Histogram")
    }
    use(SimpleNamespace(**kinds))
    said = told_by(Figures())
    assert len(said) > 20
    assert said == told_by(registry)


def test_processes_share_their_figures_through_the_folder(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(COUNT_IN_TWO_PROCESSES)
    shared = tmp_path / "shared"
    shared.mkdir()
    said = said_by(
        sys.executable, program, PYTHONPATH=str(ROOT), PROMETHEUS_MULTIPROC_DIR=str(shared)
    )
    assert "feed_events_read_total 4.0" in said
    assert "feed_event_age_seconds_count 0.0" in said
