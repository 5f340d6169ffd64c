"""Rules for passwords. They are judged, hashed and compared in NFKC: what looks alike on two keyboards is the same."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    UserAttributeSimilarityValidator,
)
from django.core.exceptions import ValidationError

from core.text import COMPOSED_OF_AT_MOST, nfkc

PASSWORD_LENGTH_AT_LEAST = 8
PASSWORD_LENGTH_AT_MOST = 128
INPUT_LENGTH_AT_MOST = PASSWORD_LENGTH_AT_MOST * COMPOSED_OF_AT_MOST
"""Code points before normalizing. More can't be a password's."""


class PasswordValidator:
    """Judges a password in the form in which it is hashed. All of Django's validators at once."""

    def __init__(self) -> None:
        self._validators = (
            UserAttributeSimilarityValidator(),
            MinimumLengthValidator(PASSWORD_LENGTH_AT_LEAST),
            CommonPasswordValidator(),
        )

    def validate(self, password: str, user: Any = None) -> None:
        """Errors: ValidationError, in words for the user."""
        if not is_possible(password):
            raise ValidationError(_form())
        normalized = nfkc(password)
        if len(normalized) > PASSWORD_LENGTH_AT_MOST:
            raise ValidationError(_form())
        problems = []
        for validator in self._validators:
            try:
                validator.validate(normalized, user)
            except ValidationError as error:
                problems.append(error)
        if problems:
            raise ValidationError(problems)

    def get_help_text(self) -> str:
        """What a form of the admin says."""
        return (
            f"{PASSWORD_LENGTH_AT_LEAST} to {PASSWORD_LENGTH_AT_MOST} characters, not a common one, "
            "not like the user's names or address."
        )


def is_possible(password: str) -> bool:
    """Whether it can be anybody's: of bounded length, without surrogates, from which nothing can be hashed."""
    return len(password) <= INPUT_LENGTH_AT_MOST and not any(
        "\ud800" <= character <= "\udfff" for character in password
    )


def _form() -> str:
    return (
        f"A password has at most {PASSWORD_LENGTH_AT_MOST} characters, and no halves of characters."
    )
