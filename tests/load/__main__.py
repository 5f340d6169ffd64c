"""`make load`: simulates users of a running server, and ends with a table and a plot.

Reads LOAD_URL, LOAD_USERS, LOAD_SECONDS, LOAD_UI, LOAD_LOGIN and LOAD_PASSWORD: see docs/load.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

import gevent
from locust.env import Environment
from locust.html import get_html_report
from locust.stats import RequestStats, StatsEntry, stats_history
from requests import RequestException, post  # After Locust, which patches `ssl`.

from tests.load.options import Options, OptionsInvalid
from tests.load.users import DOCUMENTS, FeedUser

REPORT = Path(__file__).resolve().parent.parent.parent / ".data" / "load.html"
UI_PORT = 8089
BARS = "▁▂▃▄▅▆▇█"
COLUMNS = 60
ANSWER_SECONDS = 10


def main() -> None:
    try:
        options = Options.read()
    except OptionsInvalid as problem:
        sys.exit(str(problem))
    if (obstacle := why_not(options.url)) is not None:
        sys.exit(obstacle)
    environment = Environment(user_classes=[FeedUser], host=options.url)
    runner = environment.create_local_runner()
    if options.ui:
        environment.create_web_ui("127.0.0.1", UI_PORT)
        print(f"Locust's page: http://127.0.0.1:{UI_PORT}/ — Ctrl-C ends it.")
    else:
        print(f"{options.users} users, {options.seconds} s, against {options.url}", flush=True)
    gevent.spawn(stats_history, runner)
    try:
        if not options.ui:
            runner.start(options.users, spawn_rate=max(1, options.users // 5))
            gevent.spawn_later(options.seconds, runner.quit)
        runner.greenlet.join()
    except KeyboardInterrupt:
        runner.quit()
    if environment.stats.total.num_requests == environment.stats.total.num_failures:
        sys.exit(f"No request was answered. Does a server run at {options.url}?")
    print(table(environment.stats))
    print(plot(environment.stats))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(get_html_report(environment))
    print(f"Charts over time: {REPORT}")
    sys.exit(bool(environment.stats.total.num_failures))


def why_not(url: str) -> str | None:
    """Why this server can't be loaded; None if it can."""
    body = {"query": DOCUMENTS["PublicFeed"], "variables": {"first": 1}}
    try:
        answer = post(f"{url}/graphql/", json=body, timeout=ANSWER_SECONDS)
    except RequestException:
        return f"Nothing answers at {url}. Start a server with `make run`, or name another with LOAD_URL."
    try:
        posts = answer.json()["data"]["publicFeed"]["edges"]
    except (ValueError, KeyError, TypeError):
        return f"{url}/graphql/ answers without a public feed (HTTP {answer.status_code}). Is it this API?"
    if not posts:
        return f"The public feed of {url} is empty: seed it first, with `manage.py seed_demo`."
    return None


def table(stats: RequestStats) -> str:
    """A line for each kind of request."""
    lines = [
        f"\n{'':<34}{'requests':>9}{'errors':>8}{'req/s':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}"
    ]
    lines += [
        _row(entry, entry.name)
        for entry in sorted(stats.entries.values(), key=lambda each: each.name)
    ]
    lines.append(_row(stats.total, "all"))
    lines += [
        f"  {failed.occurrences} times {failed.name}: {failed.error}"
        for failed in stats.errors.values()
    ]
    return "\n".join(lines)


def _row(entry: StatsEntry, name: str) -> str:
    times = "".join(
        f"{entry.get_response_time_percentile(part) or 0:>9.0f}" for part in (0.5, 0.95, 0.99)
    )
    return (
        f"{name:<34}{entry.num_requests:>9,}{entry.num_failures:>8,}{entry.total_rps:>8.1f}{times}"
    )


def plot(stats: RequestStats) -> str:
    """Requests a second and the 95th percentile over time, as bars of text."""
    rates = [point["current_rps"][1] for point in stats.history]
    delays = [point["response_time_percentile_0.95"][1] or 0 for point in stats.history]
    return "\n".join(
        f"{name:<14}{_bars(values)}  at most {max(values, default=0):,.0f}"
        for name, values in (("requests/s", rates), ("p95, ms", delays))
    )


def _bars(values: list[float]) -> str:
    most = max(values, default=0) or 1
    step = max(1, -(-len(values) // COLUMNS))
    chosen = [max(values[place : place + step]) for place in range(0, len(values), step)]
    return "".join(BARS[round(value / most * (len(BARS) - 1))] for value in chosen)


if __name__ == "__main__":
    main()
