"""What is done is counted by day, once, and shown on the first page of the admin."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.accounts.models import User
from core.database.database import Database
from core.figures.dashboard import DAYS, dashboard
from core.figures.models import DailyFigure
from feed.models import Post
from tests.live.world import Api, signed_in

PASSWORD = "hush a password"
ON_TWO_DAYS = """
WITH first AS (SELECT min(created_at) AS moment FROM events), moved AS (
    UPDATE events SET created_at = moment - CASE kind WHEN 'comment_created' THEN interval '1 day' ELSE '0' END
    FROM first
)
SELECT (moment AT TIME ZONE 'UTC')::date FROM first
"""
"""Gives the comments the day before that of all else, whatever the time is; returns the latter."""


async def run_worker() -> None:
    """One round of a worker: it handles all events that are there."""
    output = StringIO()
    await asyncio.to_thread(call_command, "work", "--once", stdout=output)
    assert re.search(r"runs of consumers \d+, of jobs [1-9]", output.getvalue())


async def test_each_thing_is_counted_once_on_its_day(api: Api, database: Database) -> None:
    account = {"username": "new", "displayName": "New", "email": "new@example.org"}
    made = await api.do(None, "SignUp", input={**account, "password": PASSWORD})
    assert made["session"], made
    with pytest.raises(AssertionError, match="USERNAME_TAKEN"):
        await api.do(None, "SignUp", input={**account, "password": PASSWORD})
    author, reader = await signed_in(database, 2)
    post = (await api.change(author, "CreatePost", text="Hello"))["post"]["id"]
    for _ in range(2):
        await api.change(reader, "LikePost", postId=post)
        await api.change(reader, "SharePost", postId=post)
        await api.change(reader, "FollowUser", userId=author.id)
        comment = await api.change(reader, "CreateComment", postId=post, text="Hm.")
        await api.change(author, "LikeComment", commentId=comment["comment"]["id"])
    await api.change(reader, "UnlikePost", postId=post)
    [[day]] = await database.write(ON_TWO_DAYS)
    for _ in range(2):
        await run_worker()
    counted = await database.fetch("SELECT day, name, count FROM daily_figures ORDER BY day, name")
    assert [tuple(row) for row in counted] == [
        (day - timedelta(days=1), "comment_created", 2),
        (day, "comment_liked", 2),
        (day, "post_created", 1),
        (day, "post_liked", 1),
        (day, "post_shared", 1),
        (day, "user_created", 1),
        (day, "user_followed", 1),
    ]


def test_the_dashboard_has_each_day_and_reads_one_small_table(orm: None) -> None:
    now = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    days = {
        date(2026, 3, 1): ("post_created", 7),
        date(2026, 2, 28): ("post_created", 3),
        date(2026, 1, 31): ("post_liked", 8),
        date(2026, 1, 30): ("post_created", 1_000),
        date(2026, 3, 2): ("post_created", 1_000),
    }
    for day, (name, count) in days.items():
        DailyFigure.objects.create(day=day, name=name, count=count)
    DailyFigure.objects.create(day=date(2026, 1, 31), name="post_shared", count=2)
    with CaptureQueriesContext(connection) as captured:
        shown = dashboard(now)
    assert len(captured) == 1
    figures = {figure.name: (figure.today, figure.yesterday) for figure in shown.figures}
    assert figures.pop("Posts") == (7, 3)
    assert set(figures.values()) == {(0, 0)}
    signs, posts, interactions = shown.charts
    assert (signs.total, signs.highest) == (0, 0)
    assert (posts.total, posts.highest) == (10, 7)
    assert (interactions.total, interactions.bars[0].times) == (10, 10)
    assert [len(chart.bars) for chart in shown.charts] == [DAYS] * 3
    assert (posts.bars[-1].height, posts.bars[-1].top) == (100, 0)


def test_the_first_page_of_the_admin_shows_the_figures(admin: Client) -> None:
    until = datetime.now(UTC)
    DailyFigure.objects.all().delete()
    DailyFigure.objects.create(day=until.date(), name="post_created", count=12_345)
    with CaptureQueriesContext(connection) as captured:
        page = admin.get("/admin/").content.decode()
    assert "12,345" in page
    assert page.count('<svg viewBox="0 0 300 100"') == 3
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
    tables = {table for each in captured for table in re.findall(r'FROM "(\w+)"', each["sql"])}
    assert tables <= {"daily_figures", "users", "django_session", "django_admin_log"}


def test_seeded_rows_are_in_the_figures(world: None) -> None:
    counts: dict[str, int] = {}
    for name, count in DailyFigure.objects.values_list("name", "count"):
        counts[name] = counts.get(name, 0) + count
    assert counts["user_created"] == User.objects.count()
    assert counts["post_created"] == Post.objects.count()
