"""Pages of the admin show what is there, and look at a bounded number of rows to do so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.accounts.models import Follow, Session, User
from core.admin.lists import ROWS_LISTED, BoundedPaginator
from core.events.models import Event
from core.graphql.node import global_id
from feed.models import Post
from interactions.models import Comment
from tests.admin.test_deletion import delete_one, events, session_of, url

LARGE = (User, Session, Follow, Post, Comment, Event)
LARGE_TABLES = {model._meta.db_table for model in LARGE}


@pytest.fixture
def full(admin: Client) -> None:
    """A row of every kind."""
    session_of(User.objects.all()[0])
    delete_one(admin, Post.objects.order_by("id")[0])


def titles(admin: Client, model: type[Model], query: str = "") -> list[str]:
    """Keys of the rows on a page of a list."""
    page = admin.get(url(model, "changelist"), {"q": query}).content.decode()
    return re.findall(r'name="_selected_action" value="([^"]+)"', page)


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("model", LARGE)
def test_lists_and_rows_are_shown(admin: Client, model: type[Any]) -> None:
    assert admin.get(url(model, "changelist")).status_code == 200
    row = model.objects.order_by("pk")[0]
    assert admin.get(url(model, "change", row.pk)).status_code == 200
    assert admin.get(url(model, "history", row.pk)).status_code == 200


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("model", LARGE)
def test_no_page_looks_at_a_whole_table(admin: Client, model: type[Any]) -> None:
    row = model.objects.order_by("pk")[0]
    name = User.objects.order_by("-post_count")[0].username
    pages: list[tuple[str, dict[str, str]]]
    pages = [(url(model, "change", row.pk), {}), (url(model, "delete", row.pk), {})]
    searches = ("", str(row.pk), name, f"@{name}", "nobody", "a@b.example", "%", "Post:1")
    pages += [(url(model, "changelist"), {"q": query}) for query in searches]
    pages.append((url(model, "changelist"), {"p": "2", "o": "3.-1"}))
    with CaptureQueriesContext(connection) as captured:
        for page, query_string in pages:
            admin.get(page, query_string)
    statements = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
    assert len(statements) > len(pages)
    for statement in statements:
        if "COUNT(" in statement.upper():
            assert f"LIMIT {ROWS_LISTED}" in statement or '"django_' in statement, statement
        assert not set(scanned_whole(statement)) & LARGE_TABLES, statement


def scanned_whole(statement: str) -> Iterator[str]:
    """Tables that the statement has no index for."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        (plan,) = cursor.fetchone()
        cursor.execute("RESET enable_seqscan")
    nodes = [(json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        if node["Node Type"] == "Seq Scan":
            yield node["Relation Name"]
        nodes += node.get("Plans", [])


def test_a_list_ends_after_ten_thousand_rows(orm: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events (kind, actor_id) SELECT 'post_created', n "
            "FROM generate_series(1, %s) n",
            [ROWS_LISTED + 10],
        )
    pages = BoundedPaginator(Event.objects.order_by("-pk"), 50)
    assert pages.count == ROWS_LISTED
    assert len(list(pages.page(pages.num_pages))) == 50


def test_people_are_found_by_name_address_and_id(admin: Client) -> None:
    person = User.objects.filter(is_staff=False)[0]
    for query in (
        person.username,
        f"@{person.username.upper()}",
        person.email.upper(),
        str(person.pk),
        global_id("User", person.pk),
        f"  {person.username} ",
    ):
        assert titles(admin, User, query) == [str(person.pk)], query
    for query in ("nobody", "nobody@example.org", "9" * 30, global_id("Post", person.pk)):
        assert titles(admin, User, query) == [], query


def test_posts_comments_and_follows_are_found_by_person(admin: Client) -> None:
    person = User.objects.order_by("-post_count")[0]
    posts = Post.objects.filter(author=person).order_by("-pk")[:50]
    assert titles(admin, Post, person.username) == [str(post.pk) for post in posts]
    comments = Comment.objects.filter(author=person).order_by("-pk")[:50]
    assert titles(admin, Comment, person.username) == [str(one.pk) for one in comments]
    follows = Follow.objects.filter(follower=person) | Follow.objects.filter(followee=person)
    assert len(titles(admin, Follow, person.username)) == min(50, follows.count())


@pytest.mark.usefixtures("full")
def test_the_event_log_is_to_look_at(admin: Client) -> None:
    event = Event.objects.get()
    post = global_id("Post", event.post_id or 0)
    page = admin.get(url(Event, "changelist"), {"q": post}).content.decode()
    assert "post_deleted" in page
    assert admin.get(url(Event, "add")).status_code == 403
    assert admin.post(url(Event, "delete", event.pk), {"post": "yes"}).status_code == 403
    assert admin.post(url(Event, "change", event.pk), {"kind": "x"}).status_code == 403
    assert Event.objects.get().kind == "post_deleted"


def test_secrets_of_sessions_are_not_shown(admin: Client) -> None:
    session = session_of(User.objects.all()[0])
    page = admin.get(url(Session, "change", session.pk)).content.decode()
    assert "token_hash" not in page
    assert "salt" not in page


def test_people_can_be_added_and_changed(admin: Client) -> None:
    new = {
        "username": "newcomer",
        "email": "newcomer@example.org",
        "display_name": "New Comer",
        "usable_password": "true",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
    }
    assert admin.post(url(User, "add"), new).status_code == 302
    person = User.objects.get(username="newcomer")
    assert person.check_password("correct horse battery")

    taken = admin.post(url(User, "add"), new | {"username": "NewComer", "email": "x@example.org"})
    assert "users_username_unique" in taken.content.decode()
    assert User.objects.filter(username__iexact="newcomer").count() == 1

    page = admin.get(url(User, "change", person.pk)).content.decode()
    assert person.password.rpartition("$")[2] not in page


def test_who_is_deactivated_is_signed_out(admin: Client) -> None:
    person = User.objects.filter(is_staff=False)[0]
    session = session_of(person)
    form = {
        "username": person.username,
        "email": person.email,
        "display_name": "Another Name",
        "is_active": "on",
    }
    assert admin.post(url(User, "change", person.pk), form).status_code == 302
    person.refresh_from_db()
    assert (person.display_name, person.is_active, events()) == ("Another Name", True, [])

    del form["is_active"]
    assert admin.post(url(User, "change", person.pk), form).status_code == 302
    person.refresh_from_db()
    session.refresh_from_db()
    assert not person.is_active
    assert session.revoked_at is not None
    assert events() == [("session_revoked", person.pk, None, session.pk)]


def test_a_new_password_signs_out(admin: Client) -> None:
    person = User.objects.filter(is_staff=False)[0]
    session = session_of(person)
    new = {
        "usable_password": "true",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
    }
    page = f"{url(User, 'change', person.pk)[: -len('change/')]}password/"
    assert admin.post(page, new).status_code == 302

    person.refresh_from_db()
    session.refresh_from_db()
    assert person.check_password("correct horse battery")
    assert session.revoked_at is not None


def test_signing_in_ignores_the_case_of_the_name(world: None) -> None:
    User.objects.create_superuser("Root", "root@example.org", "a password")
    client = Client()
    assert client.login(username="rOOT", password="a password")
