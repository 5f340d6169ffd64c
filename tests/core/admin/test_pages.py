"""Pages of the admin: lists, search, forms, and a bounded number of rows read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin import site as admin_site
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from core.accounts.models import Follow, Session, User
from core.accounts.moderation import user_delete
from core.admin.lists import ROWS_LISTED, BoundedPaginator
from core.events.models import Event
from core.ids import global_id
from feed.models import Post
from interactions.models import Comment
from tests.core.admin.test_deletion import delete_one, events, session_of, url

LARGE = (User, Session, Follow, Post, Comment, Event)
LARGE_TABLES = {model._meta.db_table for model in LARGE}

FULL_WIDTH = "".join(chr(0xFEE0 + ord(character)) for character in "password123")


@pytest.fixture
def full(admin: Client) -> None:
    """At least one row of each listed model."""
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
    assert "token_hash" not in page
    assert "salt" not in page


def test_users_can_be_added_with_valid_input(admin: Client) -> None:
    new = {
        "username": "newcomer",
        "email": "newcomer@example.org",
        "display_name": "New Comer",
        "usable_password": "true",
        "password1": "hush horse battery",
        "password2": "hush horse battery",
    }
    assert admin.post(url(User, "add"), new).status_code == 302
    user = User.objects.get(username="newcomer")
    assert user.check_password("hush horse battery")

    for wrong, message in (
        ({"username": "NewComer", "email": "x@example.org"}, "This username is taken."),
        ({"username": "other", "email": "NEWcomer@example.org"}, "This e-mail address is taken."),
        ({"username": "a b!"}, "A username has 1 to 30 of A-Z, a-z, 0-9 and _."),
        ({"username": "a" * 31}, "at most 30 characters"),
        ({"username": "a\0b"}, "Null characters are not allowed."),
        ({"email": "no address"}, "Enter a valid email address."),
        ({"email": "ada@[127.0.0.1]"}, "not an IP address"),
        ({"username": "\u212aate"}, "A username has 1 to 30 of A-Z, a-z, 0-9 and _."),
        ({"display_name": ""}, "This field is required."),
        ({"display_name": "\u202eecila"}, "direction"),
        ({"display_name": "\u3164"}, "no visible character"),
        (
            {"password1": FULL_WIDTH, "password2": FULL_WIDTH},
            "too common",
        ),
        ({"password1": "ﷺ" * 8, "password2": "ﷺ" * 8}, "at most 128 characters"),
    ):
        response = admin.post(url(User, "add"), new | wrong)
        page = response.content.decode()
        assert response.status_code == 200
        assert message in page
        assert "violated" not in page
        assert "users_" not in page
    assert User.objects.filter(email__iexact="newcomer@example.org").count() == 1
    assert User.objects.filter(username__iexact="newcomer").count() == 1

    page = admin.get(url(User, "change", user.pk)).content.decode()
    assert user.password.rpartition("$")[2] not in page


def test_the_admin_cleans_changed_values_and_keeps_others(admin: Client) -> None:
    user = User.objects.filter(is_staff=False)[0]
    old = {"display_name": "\u202eecila", "bio": "\u2800x\x07y", "email": "Old@[127.0.0.1]"}
    User.objects.filter(pk=user.pk).update(**old)
    form = {"username": user.username, "is_active": "on", **old}
    assert admin.post(url(User, "change", user.pk), form).status_code == 302
    stored = User.objects.get(pk=user.pk)
    assert {field: getattr(stored, field) for field in old} == old

    page = admin.post(url(User, "change", user.pk), form | {"bio": "x\u202ey"})
    assert "U+202D and U+202E" in page.content.decode()
    new = {"display_name": "Zoe\u0308", "bio": "\u2800\u200b", "email": "mu\u0308ller@EXÄMPLE.org"}
    assert admin.post(url(User, "change", user.pk), form | new).status_code == 302
    stored.refresh_from_db()
    assert (stored.display_name, stored.bio) == ("Zo\u00eb", "")
    assert stored.email == "m\u00fcller@xn--exmple-cua.org"
    found = admin.get(url(User, "changelist"), {"q": "m\u00fcller@ex\u00e4mple.org"})
    assert f"/{user.pk}/change/" in found.content.decode()


def test_the_admin_compares_usernames_like_the_api(world: None) -> None:
    User.objects.create_superuser("kate", "kate@example.org", "hush a password")
    client = Client()
    form = {"username": "\u212aate", "password": "hush a password"}
    page = client.post("/admin/login/", form)
    assert "Please enter the correct username and password" in page.content.decode()
    assert client.post("/admin/login/", form | {"username": "KATE"}).status_code == 302
    assert client.get(url(User, "changelist"), {"q": "\u212aate"}).context["cl"].result_count == 0
    assert client.get(url(User, "changelist"), {"q": "@Kate"}).context["cl"].result_count == 1


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


def test_a_concurrently_added_user_is_reported(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        User, "validate_constraints", lambda *_, **__: None
    )  # The other request was faster.
    user = User.objects.filter(is_staff=False)[0]
    new = {
        "username": user.username,
        "email": "new@example.org",
        "display_name": "New",
        "usable_password": "true",
        "password1": "hush horse battery",
        "password2": "hush horse battery",
    }
    page = admin.post(url(User, "add"), new, follow=True)
    assert page.status_code == 200
    assert "A conflicting row was saved at the same time." in page.content.decode()


def test_a_deactivated_user_is_signed_out(admin: Client) -> None:
    user = User.objects.filter(is_staff=False)[0]
    session = session_of(user)
    form = {
        "username": user.username,
        "email": user.email,
        "display_name": "Another Name",
        "is_active": "on",
    }
    assert admin.post(url(User, "change", user.pk), form).status_code == 302
    user.refresh_from_db()
    assert (user.display_name, user.is_active, events()) == ("Another Name", True, [])

    del form["is_active"]
    assert admin.post(url(User, "change", user.pk), form).status_code == 302
    user.refresh_from_db()
    session.refresh_from_db()
    assert not user.is_active
    assert session.revoked_at is not None
    assert events() == [("session_revoked", user.pk, None, session.pk)]


def test_a_new_password_signs_out(admin: Client) -> None:
    user = User.objects.filter(is_staff=False)[0]
    session = session_of(user)
    new = {
        "usable_password": "true",
        "password1": "hush horse battery",
        "password2": "hush horse battery",
    }
    page = f"{url(User, 'change', user.pk)[: -len('change/')]}password/"
    assert admin.post(page, new).status_code == 302

    user.refresh_from_db()
    session.refresh_from_db()
    assert user.check_password("hush horse battery")
    assert session.revoked_at is not None


def test_changepassword_signs_out_and_a_new_hash_does_not(
    world: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = User.objects.filter(is_staff=False)[0]
    session = session_of(user)
    user.password = PBKDF2PasswordHasher().encode("hush a password", "salt", iterations=1)
    user.save()
    assert user.check_password("hush a password")
    user.refresh_from_db()
    assert not user.password.startswith("pbkdf2")
    assert events() == []

    monkeypatch.setattr("getpass.getpass", lambda **_: "hush horse battery")
    call_command("changepassword", user.username, stdout=StringIO())
    session.refresh_from_db()
    assert session.revoked_at is not None
    assert events() == [("session_revoked", user.pk, None, session.pk)]


def test_sign_in_ignores_the_case_of_the_username(world: None) -> None:
    User.objects.create_superuser("Root", "root@example.org", "hush a password")
    client = Client()
    assert client.login(username="rOOT", password="hush a password")
