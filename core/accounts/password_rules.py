"""Rules for passwords, which are validated, hashed and compared in NFKC: keyboards differ in the form they type."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    UserAttributeSimilarityValidator,
)
from django.core.exceptions import ValidationError

from core.text import MAX_COMPOSED_OF, nfkc

PASSWORD_LENGTH_AT_LEAST = 8
MAX_PASSWORD_LENGTH = 128
MAX_INPUT_LENGTH = MAX_PASSWORD_LENGTH * MAX_COMPOSED_OF
"""Code points before normalization. A longer text can't be a password."""


class PasswordValidator:
    """Applies Django's validators to the form of a password that is hashed, and reports all problems at once."""

    def __init__(self) -> None:
        self._validators = (
            UserAttributeSimilarityValidator(),
            MinimumLengthValidator(PASSWORD_LENGTH_AT_LEAST),
            CommonPasswordValidator(),
        )

    def validate(self, password: str, user: Any = None) -> None:
        """Errors: ValidationError, with messages for the user."""
        if not is_possible(password):
            raise ValidationError(_invalid_form())
        normalized = nfkc(password)
        if len(normalized) > MAX_PASSWORD_LENGTH:
            raise ValidationError(_invalid_form())
        problems = []
        for validator in self._validators:
            try:
                validator.validate(normalized, user)
            except ValidationError as error:
                problems.append(error)
        if problems:
            raise ValidationError(problems)

    def get_help_text(self) -> str:
        """The help text in the admin's forms."""
        return (
            f"{PASSWORD_LENGTH_AT_LEAST} to {MAX_PASSWORD_LENGTH} characters, not a common one, "
            "not like the user's names or address."
        )


def is_possible(password: str) -> bool:
    """Whether a text can be a password: of bounded length and without surrogates, which can't be hashed."""
    return len(password) <= MAX_INPUT_LENGTH and not any(
        "\ud800" <= character <= "\udfff" for character in password
    )


def _invalid_form() -> str:
    return f"A password has at most {MAX_PASSWORD_LENGTH} characters and no unpaired surrogates."
