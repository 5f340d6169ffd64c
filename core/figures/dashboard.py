"""The figures of the admin's first page, today's and those of 30 days, from one statement that reads 210 rows."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from core.events import event_types
from core.figures.models import DailyFigure

DAYS = 30
HEIGHT = 100
INTERACTIONS = (
    event_types.POST_LIKED,
    event_types.COMMENT_LIKED,
    event_types.COMMENT_CREATED,
    event_types.POST_SHARED,
)
TODAY = {
    "Sign-ups": (event_types.USER_CREATED,),
    "Posts": (event_types.POST_CREATED,),
    "Comments": (event_types.COMMENT_CREATED,),
    "Likes": (event_types.POST_LIKED, event_types.COMMENT_LIKED),
    "Shares": (event_types.POST_SHARED,),
    "Follows": (event_types.USER_FOLLOWED,),
}
CHARTS = {
    "Sign-ups": (event_types.USER_CREATED,),
    "Posts": (event_types.POST_CREATED,),
    "Interactions": INTERACTIONS,
}


class Figure(NamedTuple):
    name: str
    today: int
    yesterday: int


class Bar(NamedTuple):
    """A day of a chart. Lengths are in the chart's units: HEIGHT is that of the highest bar."""

    day: date
    times: int
    height: float
    top: float


class Chart(NamedTuple):
    name: str
    total: int
    highest: int
    bars: list[Bar]


class Dashboard(NamedTuple):
    figures: list[Figure]
    charts: list[Chart]


def dashboard(now: datetime | None = None) -> Dashboard:
    """The figures of the day (UTC) and of the 29 before."""
    today = (now or datetime.now(UTC)).date()
    days = [today - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
    counts: defaultdict[tuple[date, str], int] = defaultdict(int)
    rows = DailyFigure.objects.filter(day__gte=days[0], day__lte=today)
    for day, name, count in rows.values_list("day", "name", "count"):
        counts[day, name] = count

    def on(day: date, names: tuple[str, ...]) -> int:
        return sum(counts[day, name] for name in names)

    figures = [
        Figure(label, on(days[-1], kinds), on(days[-2], kinds)) for label, kinds in TODAY.items()
    ]
    charts = [
        _chart(label, [(day, on(day, kinds)) for day in days]) for label, kinds in CHARTS.items()
    ]
    return Dashboard(figures, charts)


def _chart(name: str, counts: list[tuple[date, int]]) -> Chart:
    highest = max(count for _, count in counts)
    bars = []
    for day, count in counts:
        height = HEIGHT * count / highest if highest else 0
        bars.append(Bar(day, count, height, HEIGHT - height))
    return Chart(name, sum(count for _, count in counts), highest, bars)
