"""Users that are made with Django's manager obey the rules of sign-up for text."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from core.accounts.models import FormerUsername, User

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
def test_what_sign_up_refuses_is_refused_in_words(field: str, value: str) -> None:
    FormerUsername.objects.create(username="was_here")
    given: dict[str, Any] = {"username": "ada", "email": "ada@example.org", field: value}
    if field == "username":
        given["display_name"] = "Ada"
    for create in (User.objects.create_user, User.objects.create_superuser):
        with pytest.raises(ValidationError) as refused:
            create(**given)
        assert set(refused.value.message_dict) == {field}
    assert not User.objects.exists()


def test_text_is_stored_as_sign_up_stores_it() -> None:
    user = User.objects.create_user(
        "ada", "Mu\u0308ller@EXAMPLE.org", display_name="A\u0308da", bio="one\r\ntwo"
    )
    user.refresh_from_db()
    assert (user.display_name, user.bio) == ("\u00c4da", "one\ntwo")
    assert user.email == "M\u00fcller@example.org"
    # Reserved names can be given, and what is taken is the database's to say.
    User.objects.create_user("support", "support@example.org")
    with pytest.raises(IntegrityError):
        User.objects.create_user("ADA", "other@example.org")
