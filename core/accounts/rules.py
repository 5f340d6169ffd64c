"""Rules for what people say of themselves. Each gives the cleaned value. Errors: ValueError, in words for a person."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from core.accounts.models import DISPLAY_NAME_LENGTH, USERNAME_LENGTH
from core.graphql.text import clean_text

EMAIL_LENGTH_AT_MOST = 254
is_email = EmailValidator(allowlist=())
USERNAME = re.compile(rf"[A-Za-z0-9_]{{1,{USERNAME_LENGTH}}}")


def clean_username(username: str) -> str:
    username = username.strip()
    if not USERNAME.fullmatch(username):
        raise ValueError(f"A username has 1 to {USERNAME_LENGTH} of A-Z, a-z, 0-9 and _.")
    return username


def clean_display_name(name: str) -> str:
    cleaned = clean_text(name, at_most=DISPLAY_NAME_LENGTH)
    if "\n" in cleaned or "\t" in cleaned:
        raise ValueError("A name has one line.")
    if not any(character.isprintable() and not character.isspace() for character in cleaned):
        raise ValueError("A name has at least one character that can be seen.")
    return cleaned


def usable_email(email: str) -> str | None:
    """The address, or None for what can be nobody's: to be refused like one that is somebody's."""
    email = email.strip()
    if len(email) > EMAIL_LENGTH_AT_MOST or not email.isascii():
        return None
    try:
        is_email(email)
    except ValidationError:
        return None
    return email
