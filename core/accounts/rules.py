"""Rules for what people say of themselves. Each gives the cleaned value. Errors: ValueError, in words for a person."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.accounts.models import DISPLAY_NAME_LENGTH, USERNAME_LENGTH
from core.graphql.text import clean_text

USERNAME = re.compile(rf"[A-Za-z0-9_]{{1,{USERNAME_LENGTH}}}")
EMAIL_LENGTH_AT_MOST = 254
EMAIL_REFUSED = "This e-mail address can't be used. Check it, or take another."


def clean_username(username: str) -> str:
    if not USERNAME.fullmatch(username):
        raise ValueError(f"A username has 1 to {USERNAME_LENGTH} of A-Z, a-z, 0-9 and _.")
    return username


def clean_email(email: str) -> str:
    """One answer to all addresses that can't be used."""
    try:
        validate_email(email[: EMAIL_LENGTH_AT_MOST + 1])
    except ValidationError:
        raise ValueError(EMAIL_REFUSED) from None
    if len(email) > EMAIL_LENGTH_AT_MOST or not email.isascii():
        raise ValueError(EMAIL_REFUSED)
    return email


def clean_display_name(name: str) -> str:
    if "\n" in name or "\t" in name:
        raise ValueError("A name has one line.")
    return clean_text(name, at_most=DISPLAY_NAME_LENGTH)
