"""Dashboard and alerts name metrics that the server and the worker have, and parts of the runbook that exist."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from core.devserver.ports import free_port
from core.devserver.server_processes import ServerProcess
from tests.commands import output_of
from tests.core.server.served import TIMEOUT, served
from tests.docs.pages import anchors
from tests.paths import ROOT

DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "feed.rules.yml"
DASHBOARD = DEPLOY / "grafana" / "feed.json"
METRIC = re.compile(r"\b((?:feed|process|python)_[a-z_]+)\b")
NEEDS_PROMTOOL = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="needs apt-get install prometheus"
)


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def expressions() -> list[str]:
    dashboard = json.loads(DASHBOARD.read_text())
    return [
        *(rule["expr"] for rule in rules()),
        *(target["expr"] for panel in panels() for target in panel["targets"]),
        *(each["expr"] for each in dashboard["annotations"]["list"]),
        *(each["definition"] for each in dashboard["templating"]["list"] if "definition" in each),
    ]


def names_in(text: str) -> set[str]:
    """The names of the samples that a process exposes, also of those without a value yet."""
    names = set()
    for family in text_string_to_metric_families(text):
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
        names |= {family.name + suffix for suffix in suffixes.get(family.type, [""])}
    return names


@pytest.fixture(scope="module")
def exposed(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The metrics of a server with one process, of one with several, and of a worker, all as they run."""
    folder = tmp_path_factory.mktemp("server")
    names = {"up"}
    with served(folder, 1, LOG_LEVEL="WARNING") as server:
        names |= names_in(metrics_at(server.port))
    with served(folder, 2) as server:
        metrics_at(server.port)
        os.kill(server.ready()[0], signal.SIGKILL)
        deadline = time.monotonic() + TIMEOUT
        while "feed_process_ends_total" not in (text := metrics_at(server.port)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        names |= names_in(text)
    port = free_port()
    worker = ServerProcess.start(
        "worker",
        [sys.executable, "manage.py", "work"],
        stop_signal=signal.SIGTERM,
        folder=ROOT,
        variables={**os.environ, "WORKER_METRICS_PORT": str(port)},
    )
    try:
        names |= names_in(metrics_at(port))
    finally:
        worker.stop()
    return names


def metrics_at(port: int) -> str:
    """The metrics, as soon as the server answers."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=TIMEOUT).text
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_every_metric_exists(exposed: set[str]) -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    for expression in expressions():
        text = expression
        for name in recorded:
            text = text.replace(name, "")
        missing = set(METRIC.findall(text)) - exposed
        assert not missing, (expression, missing)


def test_every_alert_leads_to_the_runbook() -> None:
    alerts = [rule for rule in rules() if "alert" in rule]
    assert len(alerts) > 15
    for alert in alerts:
        page, _, heading = alert["annotations"]["runbook"].partition("#")
        assert heading in anchors(ROOT / page), alert["alert"]
        assert alert["labels"]["severity"] in {"page", "ticket"}
        assert alert["annotations"]["summary"]


def test_every_panel_is_complete_and_none_covers_another() -> None:
    everything = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    taken: set[tuple[int, int]] = set()
    for panel in everything:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert all(panel["targets"] and panel["title"] for panel in panels())


@NEEDS_PROMTOOL
@pytest.mark.parametrize(
    "arguments", [["rules", str(RULES)], ["config", str(DEPLOY / "prometheus" / "prometheus.yml")]]
)
def test_promtool_accepts_the_files(arguments: list[str]) -> None:
    assert "SUCCESS" in output_of("promtool", "check", *arguments)


def assert_fires(
    folder: Path,
    alert: str,
    series: dict[str, str],
    times: dict[str, str | None],
    **labels: str,
) -> None:
    """The alert has this summary at these times; None: it does not fire. `series`: their values each minute."""
    rule = next(each for each in rules() if each.get("alert") == alert)
    case = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {
                "eval_time": moment,
                "alertname": alert,
                "exp_alerts": [
                    {
                        "exp_labels": rule["labels"] | labels,
                        "exp_annotations": rule["annotations"] | {"summary": summary},
                    }
                ]
                if summary
                else [],
            }
            for moment, summary in times.items()
        ],
    }
    file = folder / "alerts.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "tests": [case]}))
    assert "SUCCESS" in output_of("promtool", "test", "rules", file)


@NEEDS_PROMTOOL
def test_the_first_end_of_a_process_is_alerted(tmp_path: Path) -> None:
    # Its counter appears with it, and has been 1 ever since.
    assert_fires(
        tmp_path,
        "FeedProcessEnded",
        {'feed_process_ends_total{instance="web", reason="SIGKILL"}': f"{'_ ' * 20}1+0x40"},
        {
            "19m": None,
            "21m": "A server process of web ended by itself (SIGKILL)",
            "40m": None,
        },
        instance="web",
        reason="SIGKILL",
    )


@NEEDS_PROMTOOL
def test_jobs_that_fail_are_alerted_until_one_succeeds(tmp_path: Path) -> None:
    """As mails do while their server is away: soon tried again, then every ten minutes."""
    runs = 'feed_job_runs_total{kind="mail.token", instance="worker", outcome="%s"}'
    assert_fires(
        tmp_path,
        "FeedJobsFail",
        {
            runs % "failed": "1 2 3 4 5 5 6 6 6 7 7 7 7 7 8+0x40 9+0x40 10+0x40",
            runs % "succeeded": f"{'_ ' * 90}1 1 2+0x40",
        },
        {
            "3m": None,
            "15m": "Every job mail.token fails: 7 runs in the last hour",
            "95m": None,
        },
        kind="mail.token",
    )


@NEEDS_PROMTOOL
def test_a_database_that_is_away_is_alerted_without_a_request(tmp_path: Path) -> None:
    assert_fires(
        tmp_path,
        "FeedDatabaseAway",
        {'feed_probe_failing{instance="web", probe="database"}': "0 0 1 1 1 0 0"},
        {"2m": None, "4m": "web can't reach PostgreSQL", "5m": None},
        instance="web",
    )


@NEEDS_PROMTOOL
def test_promtool_accepts_the_expressions_of_the_dashboard(tmp_path: Path) -> None:
    chosen = [
        target["expr"].replace("$__rate_interval", "5m").replace("$operation", ".*")
        for panel in panels()
        for target in panel["targets"]
    ]
    recorded = [{"record": f"panel:{place}", "expr": text} for place, text in enumerate(chosen)]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}))
    assert "SUCCESS" in output_of("promtool", "check", "rules", file)
