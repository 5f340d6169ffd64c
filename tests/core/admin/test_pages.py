"""Pages of the admin: lists, search, forms, and a bounded number of rows read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin import site as admin_site
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from core.accounts.models import Follow, FollowRequest, Session, User
from core.accounts.moderation import user_delete
from core.admin.lists import ROWS_LISTED, BoundedPaginator
from core.events.models import Event
from core.ids import global_id
from feed.models import Post
from interactions.models import Comment, Report
from interactions.push.models import PushTarget
from tests.core.admin.test_deletion import delete_one, session_of, url
from tests.query_plans import plan_nodes

LARGE = (User, Session, Follow, FollowRequest, Post, Comment, Event, Report, PushTarget)
LARGE_TABLES = {model._meta.db_table for model in LARGE}


@pytest.fixture
def full(admin: Client) -> None:
    """At least one row of each listed model."""
    user, other = User.objects.all()[:2]
    session_of(user)
    FollowRequest.objects.create(requester=user, target=other)
    delete_one(admin, Post.objects.order_by("id")[0])
    Report.objects.create(
        reporter=user,
        subject_kind="user",
        subject_id=other.pk,
        author=other,
        reason="SPAM",
        copy={},
    )
    PushTarget.objects.create(
        user=user,
        session=Session.objects.filter(user=user)[0],
        kind="APNS",
        address="hush-a-token",
        address_hash=b"hash",
    )


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
def test_no_page_scans_a_table(admin: Client, model: type[Any]) -> None:
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
    """Tables that the statement reads without an index."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        (plan,) = cursor.fetchone()
        cursor.execute("RESET enable_seqscan")
    [explained] = json.loads(plan) if isinstance(plan, str) else plan
    for node in plan_nodes(explained["Plan"]):
        if node["Node Type"] == "Seq Scan":
            yield node["Relation Name"]


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


def test_users_are_found_by_username_address_and_id(admin: Client) -> None:
    user = User.objects.filter(is_staff=False)[0]
    for query in (
        user.username,
        f"@{user.username.upper()}",
        user.email.upper(),
        str(user.pk),
        global_id("User", user.pk),
        f"  {user.username} ",
    ):
        assert titles(admin, User, query) == [str(user.pk)], query
    for query in ("nobody", "nobody@example.org", "9" * 30, global_id("Post", user.pk)):
        assert titles(admin, User, query) == [], query


def test_posts_comments_and_follows_are_found_by_user(admin: Client) -> None:
    user = User.objects.order_by("-post_count")[0]
    posts = Post.objects.filter(author=user).order_by("-pk")[:50]
    assert titles(admin, Post, user.username) == [str(post.pk) for post in posts]
    comments = Comment.objects.filter(author=user).order_by("-pk")[:50]
    assert titles(admin, Comment, user.username) == [str(one.pk) for one in comments]
    follows = Follow.objects.filter(follower=user) | Follow.objects.filter(followee=user)
    assert len(titles(admin, Follow, user.username)) == min(50, follows.count())


def test_what_is_deleted_is_not_listed_although_its_rows_are_still_there(admin: Client) -> None:
    post = Post.objects.order_by("-comment_count")[0]
    comment = post.comments.exclude(author=post.author)[0]
    written = Comment.objects.exclude(post__author=comment.author).filter(author=comment.author)[0]
    follow = Follow.objects.filter(follower=post.author)[0]
    other = Comment.objects.exclude(author__in=[post.author, comment.author]).exclude(
        post__author__in=[post.author, comment.author]
    )[0]
    rows = {post, comment, written, follow, other}
    for row in rows:
        assert titles(admin, type(row), str(row.pk)) == [str(row.pk)]
    with transaction.atomic():
        user_delete(post.author)
        user_delete(comment.author)
    for row in rows - {other}:
        assert type(row).objects.filter(pk=row.pk).exists()
        assert titles(admin, type(row), str(row.pk)) == []
        assert admin.get(url(type(row), "change", row.pk)).status_code == 302
    assert titles(admin, Comment, str(other.pk)) == [str(other.pk)]


def test_a_large_post_that_was_deleted_is_not_listed(admin: Client) -> None:
    post = Post.objects.all()[0]
    with connection.cursor() as cursor:
        insert = "INSERT INTO comments (post_id, author_id, text) SELECT %s, %s, 'x' FROM generate_series(1, 600)"
        cursor.execute(insert, [post.pk, post.author_id])
        cursor.execute(
            "UPDATE posts SET comment_count = comment_count + 600 WHERE id = %s", [post.pk]
        )
    comments = len(titles(admin, Comment, post.author.username))
    delete_one(admin, post)
    assert Post.objects.filter(pk=post.pk).exists()
    assert titles(admin, Post, str(post.pk)) == []
    assert comments == 50
    assert not set(titles(admin, Comment)) & {str(one.pk) for one in post.comments.all()}


@pytest.mark.usefixtures("full")
def test_the_event_log_is_read_only(admin: Client) -> None:
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
    assert "field-expires_at" in page
    assert "token_hash" not in page
    assert "salt" not in page


def test_constraints_on_form_fields_have_messages() -> None:
    """Each constraint on a field of a form has a violation message of its own."""
    checked = 0
    for model, page in admin_site._registry.items():
        shown = changeable_fields(page)
        for constraint in model._meta.constraints:
            if not shown.isdisjoint(fields_of(constraint, model)):
                checked += 1
                message = str(constraint.get_violation_error_message())
                assert constraint.name not in message, f"{model.__name__}.{constraint.name}"
    assert checked >= 3


def changeable_fields(page: Any) -> set[str]:
    """The editable fields of an admin page, for new and for existing rows."""
    request = RequestFactory().get("/")
    request.user = User(is_active=True, is_superuser=True, is_staff=True)
    fields: set[str] = set()
    if page.has_add_permission(request):
        fields |= set(page.get_form(request).base_fields)
    if page.has_change_permission(request):
        fields |= set(page.get_form(request, page.model(), change=True).base_fields)
    return fields


def fields_of(constraint: Any, model: type[Model]) -> set[str]:
    """The fields of a constraint."""
    text = f"{constraint.deconstruct()}"
    return {
        field.name
        for field in model._meta.get_fields()
        if f"'{field.name}" in text or f"({field.name})" in text
    }


@pytest.mark.parametrize("key", ["9" * 40, "-1", "x", "1%00", "%F0%28"])
@pytest.mark.parametrize("page", ["change/", "delete/", "history/"])
def test_the_url_of_a_missing_row_is_not_a_server_error(admin: Client, key: str, page: str) -> None:
    for model in LARGE:
        response = admin.get(f"{url(model, 'changelist')}{key}/{page}")
        assert response.status_code in {302, 403, 404}, model


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=%ff",
        "p=x",
        "p=-1",
        "p=99999999999999999999",
        "o=x",
        "e=1",
        "id=x",
        "a__b=c",
        "_facets=x",
    ],
)
def test_an_invalid_query_string_is_not_a_server_error(admin: Client, query: str) -> None:
    for model in LARGE:
        assert admin.get(f"{url(model, 'changelist')}?{query}").status_code in {200, 302, 400}, (
            model
        )
