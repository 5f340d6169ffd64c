"""Users in the admin: adding and changing them, and what signs them out."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from threading import Thread

import psycopg2
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client

from core.accounts.models import AccountSuspension, User
from tests.core.admin.test_deletion import events, session_of, url

FULL_WIDTH = "".join(chr(0xFEE0 + ord(character)) for character in "password123")
NEW_PASSWORD = {
    "usable_password": "true",
    "password1": "hush horse battery",
    "password2": "hush horse battery",
}
WAITING = """
SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


def password_page(user: User) -> str:
    return f"{url(User, 'change', user.pk)[: -len('change/')]}password/"


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
        ({"email": "no address"}, "Enter a valid e-mail address."),
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
    assert user.email in page
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
    # As if by a report, for good: so nobody is notified of the user either.
    assert AccountSuspension.objects.get().until is None


@contextmanager
def changed_meanwhile(user: User, columns: str) -> Iterator[None]:
    """Another transaction changes the user; it ends when this one waits for it."""
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as other:
        other.cursor().execute(f"UPDATE users SET {columns} WHERE id = %s", [user.pk])  # noqa: S608  # constants

        def commit_when_waited_for() -> None:
            with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as third:
                third.autocommit = True
                looking = third.cursor()
                deadline, waits = time.monotonic() + 20, False
                while not waits and time.monotonic() < deadline:
                    looking.execute(WAITING)
                    waits = bool(looking.fetchall())
                    time.sleep(0.01)
            other.commit()

        committing = Thread(target=commit_when_waited_for)
        committing.start()
        try:
            yield
        finally:
            committing.join()


def test_a_form_keeps_what_was_changed_meanwhile(admin: Client) -> None:
    user = User.objects.filter(is_staff=False)[0]
    form = {"username": user.username, "email": user.email, "display_name": "Another Name"}
    with changed_meanwhile(user, "follower_count = 7, password = 'new', is_private = true"):
        response = admin.post(url(User, "change", user.pk), form | {"is_active": "on"})
    assert response.status_code == 302
    user.refresh_from_db()
    assert (user.display_name, user.follower_count) == ("Another Name", 7)
    assert (user.password, user.is_private) == ("new", True)


def test_a_new_password_keeps_what_was_changed_meanwhile(admin: Client) -> None:
    user = User.objects.filter(is_staff=False)[0]
    with changed_meanwhile(user, "follower_count = 7, is_active = false"):
        assert admin.post(password_page(user), NEW_PASSWORD).status_code == 302
    user.refresh_from_db()
    assert (user.follower_count, user.is_active) == (7, False)
    assert user.check_password("hush horse battery")


def test_saving_leaves_counts_as_they_are(world: None) -> None:
    user = User.objects.filter(is_staff=False)[0]
    User.objects.filter(pk=user.pk).update(follower_count=7)
    user.bio = "As it is read, there are no followers."
    user.save()
    stored = User.objects.get(pk=user.pk)
    assert (stored.bio, stored.follower_count) == (user.bio, 7)


def test_a_new_password_signs_out(admin: Client) -> None:
    user = User.objects.filter(is_staff=False)[0]
    session = session_of(user)
    assert admin.post(password_page(user), NEW_PASSWORD).status_code == 302

    user.refresh_from_db()
    session.refresh_from_db()
    assert user.check_password("hush horse battery")
    assert session.revoked_at is not None


def test_disabling_a_password_signs_out(admin: Client) -> None:
    user = User.objects.create_user("ada", "ada@example.org", "hush a password")
    session = session_of(user)
    disabled = {"usable_password": "false", "unset-password": "yes"}
    assert admin.post(password_page(user), disabled).status_code == 302
    user.refresh_from_db()
    session.refresh_from_db()
    assert not user.has_usable_password()
    assert session.revoked_at is not None


def test_changepassword_signs_out_and_a_new_hash_does_not(
    world: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = User.objects.filter(is_staff=False)[0]
    session = session_of(user)
    user.pending_email = "pending@example.org"
    user.password = PBKDF2PasswordHasher().encode("hush a password", "salt", iterations=1)
    user.save()
    assert user.check_password("hush a password")
    user.refresh_from_db()
    assert not user.password.startswith("pbkdf2")
    assert events() == []
    assert user.pending_email == "pending@example.org"

    monkeypatch.setattr("getpass.getpass", lambda **_: "hush horse battery")
    call_command("changepassword", user.username, stdout=StringIO())
    session.refresh_from_db()
    assert session.revoked_at is not None
    assert User.objects.get(pk=user.pk).pending_email is None


def test_sign_in_ignores_the_case_of_the_username(world: None) -> None:
    User.objects.create_superuser("Root", "root@example.org", "hush a password")
    client = Client()
    assert client.login(username="rOOT", password="hush a password")


def test_only_superusers_change_staff_and_say_who_is(admin: Client) -> None:
    """Else the permission to change users would give all rights: by a permission, or another's password or address."""
    helper = User.objects.create_user("helper", "helper@example.org", is_staff=True)
    allowed = ("view_user", "change_user", "delete_user")
    helper.user_permissions.add(*Permission.objects.filter(codename__in=allowed))
    client = Client(raise_request_exception=True)
    client.force_login(helper)
    user, root = User.objects.filter(is_staff=False)[0], User.objects.get(username="root")
    rights = {"is_staff": "on", "is_superuser": "on", "user_permissions": "1"}
    values = {"username": user.username, "email": user.email, "display_name": "Changed"}
    sent = {**values, "bio": "", "avatar_url": "", "is_active": "on", **rights}
    assert client.post(url(User, "change", user.pk), sent).status_code == 302
    user.refresh_from_db()
    assert (user.display_name, user.is_staff, user.is_superuser) == ("Changed", False, False)
    assert not user.user_permissions.exists()
    assert client.post(password_page(user), NEW_PASSWORD).status_code == 302

    for staff in (helper, root):
        before = User.objects.filter(pk=staff.pk).values().get()
        assert client.get(url(User, "change", staff.pk)).status_code == 200
        for page, form in (
            (url(User, "change", staff.pk), sent),
            (password_page(staff), NEW_PASSWORD),
            (url(User, "delete", staff.pk), {"post": "yes"}),
            (
                url(User, "changelist"),
                {"action": "delete_selected", "_selected_action": [staff.pk], "post": "yes"},
            ),
        ):
            assert client.post(page, form).status_code == 403
        assert User.objects.filter(pk=staff.pk).values().get() == before

    assert admin.post(url(User, "change", user.pk), {**sent, **values}).status_code == 302
    assert User.objects.get(pk=user.pk).is_superuser
