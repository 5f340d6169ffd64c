"""Django's user manager applies the rules of sign-up."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models.functions import Now

from core.accounts.models import AccountToken, FormerUsername, User

pytestmark = pytest.mark.usefixtures("orm")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "no spaces"),
        ("username", "\u212aate"),
        ("username", "was_here"),
        ("email", "a@[127.0.0.1]"),
        ("email", "nobody"),
        ("display_name", "\u202eecila"),
        ("display_name", "\u3164"),
        ("display_name", "A\u2028B"),
        ("display_name", "x" * 51),
        ("bio", "x\u202dy"),
    ],
)
def test_input_that_sign_up_refuses_is_refused_with_a_message(field: str, value: str) -> None:
    FormerUsername.objects.create(username="was_here")
    given: dict[str, Any] = {"username": "ada", "email": "ada@example.org", field: value}
    if field == "username":
        given["display_name"] = "Ada"
    for create in (User.objects.create_user, User.objects.create_superuser):
        with pytest.raises(ValidationError) as refused:
            create(**given)
        assert set(refused.value.message_dict) == {field}
    assert not User.objects.exists()


def test_text_is_cleaned_as_at_sign_up() -> None:
    user = User.objects.create_user(
        "ada", "Mu\u0308ller@EXAMPLE.org", display_name="A\u0308da", bio="one\r\ntwo"
    )
    user.refresh_from_db()
    assert (user.display_name, user.bio) == ("\u00c4da", "one\ntwo")
    assert user.email == "M\u00fcller@example.org"
    # Reserved names are allowed; a taken name is refused by the database.
    User.objects.create_user("support", "support@example.org")
    with pytest.raises(IntegrityError):
        User.objects.create_user("ADA", "other@example.org")


def test_a_new_hash_of_the_same_password_ends_no_token_and_a_new_password_ends_all() -> None:
    """As the admin's sign-in stores a new hash."""
    user = User.objects.create_user("ada", "ada@example.org")
    user.password = make_password("hush horse battery", None, "argon2")
    user.save()
    AccountToken.objects.create(
        user=user, purpose="reset_password", token_hash=b"", email=user.email, expires_at=Now()
    )
    assert user.check_password("hush horse battery")
    assert User.objects.get().password.startswith("argon2nfkc$")
    assert AccountToken.objects.exists()
    user.set_password("hush another battery")
    user.save()
    assert not AccountToken.objects.exists()
