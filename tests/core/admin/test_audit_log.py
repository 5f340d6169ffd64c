"""What the staff does in the admin is logged: who, when, what, also for many rows at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db.models import Model
from django.test import Client, RequestFactory
from django.utils import timezone

from core.accounts.models import Follow, User
from core.jobs.models import EventConsumer, Job
from feed.models import Post
from interactions.models import Comment
from tests.core.admin.test_deletion import delete_one, delete_some, session_of, url


def logged(model: type[Model]) -> list[tuple[int, str]]:
    """Kind of change and key of each entry about rows of the model, oldest first."""
    name = model._meta.model_name
    entries = LogEntry.objects.filter(content_type__model=name).order_by("pk")
    assert {entry.user.username for entry in entries} <= {"root"}
    return [(entry.action_flag, entry.object_id or "") for entry in entries]


def act(admin: Client, action: str, rows: list[Any]) -> None:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    assert admin.post(url(type(rows[0]), "changelist"), chosen).status_code == 302


@pytest.mark.parametrize("model", [User, Post, Comment, Follow])
def test_deletions_are_logged_row_by_row(admin: Client, model: type[Any]) -> None:
    rows = list(model.objects.exclude(pk__lte=1).order_by("pk")[:3])
    if model is User:
        rows = list(User.objects.filter(is_staff=False).order_by("-pk")[:3])
    keys = [str(row.pk) for row in rows]
    delete_one(admin, rows[0])
    delete_some(admin, rows[1:])
    assert sorted(logged(model)) == sorted((DELETION, key) for key in keys)


def test_a_revoked_session_and_a_retried_job_are_logged(admin: Client) -> None:
    sessions = [session_of(user) for user in User.objects.all()[:2]]
    act(admin, "revoke", sessions)
    assert sorted(logged(type(sessions[0]))) == sorted((CHANGE, str(each.pk)) for each in sessions)
    job = Job.objects.create(kind="mail.send", failed_at=timezone.now(), error="x")
    act(admin, "retry", [job])
    delete_some(admin, [job])
    assert logged(Job) == [(CHANGE, str(job.pk)), (DELETION, str(job.pk))]
    EventConsumer.objects.create(name="old", transaction=1, event=1, microsecond=0)
    delete_some(admin, [EventConsumer.objects.get()])
    assert logged(EventConsumer) == [(DELETION, "old")]


def test_additions_changes_and_new_passwords_are_logged_without_values(admin: Client) -> None:
    new = {
        "username": "newcomer",
        "email": "newcomer@example.org",
        "display_name": "New",
        "usable_password": "true",
        "password1": "hush horse battery",
        "password2": "hush horse battery",
    }
    assert admin.post(url(User, "add"), new).status_code == 302
    user = User.objects.get(username="newcomer")
    form = {"username": "newcomer", "email": "other@example.org", "display_name": "N"}
    assert admin.post(url(User, "change", user.pk), form).status_code == 302
    page = f"{url(User, 'change', user.pk)[: -len('change/')]}password/"
    assert admin.post(page, new).status_code == 302
    assert logged(User) == [(flag, str(user.pk)) for flag in (ADDITION, CHANGE, CHANGE)]
    for entry in LogEntry.objects.all():
        assert "example.org" not in entry.change_message + entry.object_repr
        assert "hush" not in entry.change_message


def test_the_log_is_found_by_member_of_staff_and_read_only(admin: Client) -> None:
    delete_one(admin, Post.objects.order_by("pk")[0])
    entry = LogEntry.objects.get()
    for term, count in (("root", 1), ("@ROOT", 1), (str(entry.pk), 1), ("nobody", 0)):
        page = admin.get(url(LogEntry, "changelist"), {"q": term})
        assert page.context["cl"].result_count == count, term
    assert admin.get(url(LogEntry, "change", entry.pk)).status_code == 200
    for page_name in ("change", "delete"):
        assert admin.post(url(LogEntry, page_name, entry.pk), {"post": "yes"}).status_code == 403
    assert admin.get(url(LogEntry, "add")).status_code == 403
    assert LogEntry.objects.count() == 1


def test_every_action_is_one_that_these_tests_know(admin: Client) -> None:
    """`hide`, `suspend` and `dismiss`: test_reports.py."""
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="root")
    actions = {name for page in site._registry.values() for name in page.get_actions(request)}
    assert actions == {"delete_selected", "revoke", "retry", "hide", "suspend", "dismiss"}
