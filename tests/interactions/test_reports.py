"""Reports: stored once with a copy, decided by moderators in the admin."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from core.accounts.models import AccountSuspension, User
from core.context import Services
from core.database.database import Database
from core.ids import global_id
from feed.models import Post
from feed.services import post_create
from interactions.models import Comment, Report
from interactions.report_moderation import reported_hide, reported_suspend, reports_dismiss
from interactions.services import comment_create
from tests.core.accounts.world import ApiClient, codes, number_of
from tests.interactions.cast import block, create_users, hide_account, present

NOT_FOUND = [("NOT_FOUND", "input", "subjectId")]


class Subjects:
    """A post, a comment on it and their author, by global id."""

    def __init__(self, author: int, post: int, comment: int) -> None:
        self.author, self.post, self.comment = author, post, comment
        self.ids = [
            global_id("User", author),
            global_id("Post", post),
            global_id("Comment", comment),
        ]


async def subjects_by(database: Database, author: int) -> Subjects:
    post = present((await post_create(database, author_id=author, text="Spam.")).post)
    comment = present(
        (
            await comment_create(
                database, author_id=author, post_id=post.id, text="More spam.", parent_id=None
            )
        ).comment
    )
    return Subjects(author, post.id, comment.id)


async def test_a_report_is_stored_once_with_a_copy(services: Services) -> None:
    ada, grace, joan = await create_users(services.database, 3)
    subjects = await subjects_by(services.database, grace)
    for viewer in (ada, joan):
        for id in subjects.ids:
            for changed in (True, False):
                payload = await ApiClient(services, viewer).do(
                    "ReportContent", subjectId=id, reason="SPAM", comment=" Look! "
                )
                assert (payload["changed"], payload["errors"]) == (changed, [])
    rows = await services.database.fetch(
        "SELECT subject_kind, author_id, reason, comment, copy FROM reports WHERE reporter_id = $1 ORDER BY id",
        ada,
    )
    assert [tuple(row)[:4] for row in rows] == [
        (kind, grace, "SPAM", " Look! ") for kind in ("user", "post", "comment")
    ]
    copies = [json.loads(row[4]) for row in rows]
    assert [copy["author"] for copy in copies] == ["p2"] * 3
    assert [copy.get("text") for copy in copies] == [None, "Spam.", "More spam."]
    await services.database.write("UPDATE posts SET text = 'Harmless.'")
    assert "Spam." in str(await services.database.fetch("SELECT copy FROM reports"))


async def test_what_is_not_visible_can_not_be_reported(services: Services) -> None:
    database = services.database
    ada, grace, gone = await create_users(database, 3)
    subjects = await subjects_by(database, grace)
    hidden = await subjects_by(database, gone)
    await hide_account(database, gone)
    await block(database, grace, ada)
    client = ApiClient(services, ada)
    for id in [
        *subjects.ids,
        *hidden.ids,
        "no id",
        "",
        global_id("Session", 1),
        global_id("Post", 7),
    ]:
        payload = await client.do("ReportContent", subjectId=id, reason="ABUSE")
        assert codes(payload) == NOT_FOUND
    assert await number_of(database, "reports") == 0


async def test_ones_own_and_too_long_comments_are_refused(services: Services) -> None:
    ada, grace = await create_users(services.database, 2)
    subjects = await subjects_by(services.database, ada)
    for id in subjects.ids:
        payload = await ApiClient(services, ada).do("ReportContent", subjectId=id, reason="OTHER")
        assert codes(payload) == [("INVALID_INPUT", "input", "subjectId")]
    payload = await ApiClient(services, grace).do(
        "ReportContent", subjectId=subjects.ids[0], reason="OTHER", comment="x" * 501
    )
    assert codes(payload) == [("INVALID_INPUT", "input", "comment")]
    assert await number_of(services.database, "reports") == 0


def report(reporter: User, kind: str, subject: int, author: User) -> Report:
    made: Report = Report.objects.create(
        reporter=reporter,
        subject_kind=kind,
        subject_id=subject,
        author=author,
        reason="SPAM",
        copy={"author": author.username, "text": "Spam."},
    )
    return made


@pytest.fixture
def reported(orm: None) -> list[Report]:
    """Reports of a post by two users, and of its author by one."""
    ada, grace, joan = (
        User.objects.create_user(name, f"{name}@example.com") for name in ("ada", "grace", "joan")
    )
    post = Post.objects.create(author=ada, text="Spam.")
    User.objects.filter(pk=ada.pk).update(post_count=1)
    return [
        report(grace, "post", post.pk, ada),
        report(joan, "post", post.pk, ada),
        report(grace, "user", ada.pk, ada),
    ]


def outcomes() -> list[str]:
    return list(Report.objects.order_by("pk").values_list("outcome", flat=True))


def test_hiding_deletes_the_post_and_closes_all_its_reports(reported: list[Report]) -> None:
    assert reported_hide([reported[1], reported[2]]) == 1
    assert not Post.objects.exists()
    assert outcomes() == ["hidden", "hidden", ""]


def test_suspending_ends_with_the_date(reported: list[Report]) -> None:
    until = datetime(2100, 1, 1, tzinfo=UTC)
    assert len(reported_suspend([reported[2]], until)) == 1
    assert AccountSuspension.objects.get().until == until
    assert not User.objects.get(username="ada").is_active
    assert outcomes() == ["", "", "suspended"]


def test_dismissing_has_no_other_effect(reported: list[Report]) -> None:
    reports_dismiss([reported[0]])
    assert outcomes() == ["dismissed", "dismissed", ""]
    assert Post.objects.count() == 1
    assert Comment.objects.count() == 0
