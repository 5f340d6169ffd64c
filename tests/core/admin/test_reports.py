"""Reports in the admin: one row for each subject, and what a moderator decides about them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from core.accounts.models import AccountSuspension, User
from core.events.models import Event
from feed.models import Post
from interactions.models import Report
from tests.core.admin.test_audit_log import logged
from tests.core.admin.test_deletion import session_of, url
from tests.core.datasets.traces import assert_counts_are_right

CHANGED = 2
TOMORROW = date.today() + timedelta(days=2)  # noqa: DTZ011  # later than now in any time zone


def report(reporter: User, kind: str, subject: int, author: User, comment: str = "") -> Report:
    made: Report = Report.objects.create(
        reporter=reporter,
        subject_kind=kind,
        subject_id=subject,
        author=author,
        reason="SPAM",
        comment=comment,
        copy={"author": author.username, "text": "As it was."},
    )
    return made


@pytest.fixture
def post(world: None) -> Post:
    # One that nobody has shared: the ends of shares are events, too.
    found: Post = Post.objects.filter(comment_count__gt=0, share_count=0).order_by("pk")[0]
    return found


@pytest.fixture
def reports(post: Post) -> list[Report]:
    """Two reports of a post, and one of its author."""
    one, two = User.objects.exclude(pk=post.author_id).order_by("pk")[:2]
    return [
        report(one, "post", post.pk, post.author, "<b>Look!</b>"),
        report(two, "post", post.pk, post.author, "Again."),
        report(one, "user", post.author_id, post.author),
    ]


def act(client: Client, action: str, rows: list[Report], **more: str) -> list[str]:
    """Runs an action of the list; gives its messages."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    page = client.post(url(Report, "changelist"), chosen, follow=True)
    assert page.status_code == 200
    return [str(message) for message in page.context["messages"]]


def listed(client: Client) -> list[Report]:
    return list(client.get(url(Report, "changelist")).context["cl"].result_list)


def test_a_subject_is_one_row_with_all_its_reports(admin: Client, reports: list[Report]) -> None:
    assert listed(admin) == [reports[2], reports[1]]
    page = admin.get(url(Report, "changelist")).content.decode()
    assert "SPAM 2" in page
    assert 'type="date"' in page
    page = admin.get(url(Report, "change", reports[1].pk)).content.decode()
    for text in ("As it was.", "&lt;b&gt;Look!&lt;/b&gt;", "Again."):
        assert text in page
    found = admin.get(url(Report, "changelist"), {"q": f"@{reports[0].author.username}"})
    assert len(found.context["cl"].result_list) == 2


def test_hiding_deletes_as_the_author_would(
    admin: Client, reports: list[Report], post: Post
) -> None:
    assert act(admin, "hide", [reports[1], reports[2]]) == [
        "1 posts and comments were deleted.",
        "Users can't be hidden: suspend them.",
    ]
    assert not Post.objects.filter(pk=post.pk).exists()
    assert list(Event.objects.values_list("kind", "actor_id", "post_id")) == [
        ("post_deleted", post.author_id, post.pk)
    ]
    assert_counts_are_right()
    assert listed(admin) == [reports[2]]
    assert logged(Report) == [(CHANGED, str(reports[1].pk))]


def test_suspending_signs_the_author_out_until_the_date(
    admin: Client, reports: list[Report]
) -> None:
    author = reports[0].author
    session = session_of(author)
    act(admin, "suspend", [reports[1]], until=TOMORROW.isoformat())
    author.refresh_from_db()
    session.refresh_from_db()
    assert not author.is_active
    assert session.revoked_at is not None
    until = AccountSuspension.objects.get(user=author).until
    assert until == datetime(TOMORROW.year, TOMORROW.month, TOMORROW.day, tzinfo=UTC)
    assert listed(admin) == [reports[2]]
    assert logged(Report) == [(CHANGED, str(reports[1].pk))]
    assert logged(User) == [(CHANGED, str(author.pk))]
    # Active again in the form of the user.
    form = {
        "username": author.username,
        "email": author.email,
        "display_name": author.display_name,
        "is_active": "on",
    }
    assert admin.post(url(User, "change", author.pk), form).status_code == 302
    assert not AccountSuspension.objects.exists()
    act(admin, "suspend", [reports[2]])
    assert AccountSuspension.objects.get().until is None


def test_a_suspension_is_not_shortened_by_another(admin: Client, reports: list[Report]) -> None:
    author = reports[0].author
    for later in (3, 1):
        again = report(reports[0].reporter, "user", author.pk + later, author)
        act(admin, "suspend", [again], until=(TOMORROW + timedelta(later)).isoformat())
        until = AccountSuspension.objects.get().until
        assert until is not None
        assert until.date() == TOMORROW + timedelta(3)
    act(admin, "suspend", [reports[2]])
    assert AccountSuspension.objects.get().until is None
    act(admin, "suspend", [reports[1]], until=TOMORROW.isoformat())
    assert AccountSuspension.objects.get().until is None


def test_only_a_superuser_suspends_staff(admin: Client, reports: list[Report]) -> None:
    moderator = User.objects.create_user("moderator", "moderator@example.org", is_staff=True)
    for permission in ("view_report", "change_report"):
        moderator.user_permissions.add(Permission.objects.get(codename=permission))
    User.objects.filter(pk=reports[0].author_id).update(is_staff=True)
    client = Client()
    client.force_login(moderator)
    assert act(client, "suspend", [reports[1]]) == ["Only a superuser may suspend staff."]
    assert not AccountSuspension.objects.exists()
    assert act(admin, "suspend", [reports[1]]) == ["1 users were suspended."]


@pytest.mark.parametrize("until", ["tomorrow", "2020-01-01", "0001-01-01", "9999-12-32"])
def test_a_wrong_date_suspends_nobody(admin: Client, reports: list[Report], until: str) -> None:
    [message] = act(admin, "suspend", [reports[1]], until=until)
    assert message.startswith("Enter ")
    assert not AccountSuspension.objects.exists()
    assert len(listed(admin)) == 2
    assert logged(Report) == []


def test_dismissed_reports_are_gone_and_the_post_is_there(
    admin: Client, reports: list[Report], post: Post
) -> None:
    act(admin, "dismiss", [reports[1]])
    assert listed(admin) == [reports[2]]
    assert Post.objects.filter(pk=post.pk).exists()
    assert logged(Report) == [(CHANGED, str(reports[1].pk))]


def test_who_may_only_look_decides_nothing(reports: list[Report], post: Post) -> None:
    viewer = User.objects.create_user("looker", "looker@example.org", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_report"))
    client = Client()
    client.force_login(viewer)
    assert len(listed(client)) == 2
    for action in ("hide", "suspend", "dismiss"):
        act(client, action, [reports[1]])
    for page in ("change", "delete"):
        assert client.post(url(Report, page, reports[1].pk), {"post": "yes"}).status_code == 403
    assert Post.objects.filter(pk=post.pk).exists()
    assert not AccountSuspension.objects.exists()
    assert Report.objects.filter(closed_at=None).count() == 3
    assert not LogEntry.objects.exists()
