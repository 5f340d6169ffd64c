"""How users are found and made by the ORM."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from core.accounts.validators import (
    clean_bio,
    clean_display_name,
    clean_email,
    folded_username,
)

U = TypeVar("U", bound=AbstractBaseUser)


class UserManager(BaseUserManager[U]):
    def get_by_natural_key(self, username: str | None) -> U:
        return self.named(username or "").get()

    def named(self, username: str) -> models.QuerySet[U]:
        """The user with this username, if there is one. Ignores the case of A to Z only."""
        # The index is on lower(username); Django's `iexact` would scan the table.
        return self.filter(Exact(Lower("username"), folded_username(username)))

    def create_user(
        self, username: str, email: str, password: str | None = None, **fields: Any
    ) -> U:
        """The user, stored. Reserved usernames are allowed.

        Errors: ValidationError; IntegrityError for a username or address that is taken.
        """
        return self._create(username, email, password, fields, validate_constraints=False)

    def create_superuser(
        self, username: str, email: str, password: str | None = None, **fields: Any
    ) -> U:
        """The user, stored. Errors: ValidationError, also for a username or address that is taken."""
        fields = {"is_staff": True, "is_superuser": True, **fields}
        return self._create(username, email, password, fields, validate_constraints=True)

    def _create(
        self,
        username: str,
        email: str,
        password: str | None,
        fields: dict[str, Any],
        *,
        validate_constraints: bool,
    ) -> U:
        user = self.model(username=username, email=email, **{"display_name": username, **fields})
        user.set_password(password)
        problems = {}
        for field, clean in (
            ("email", clean_email),
            ("display_name", clean_display_name),
            ("bio", clean_bio),
        ):
            try:
                setattr(user, field, clean(getattr(user, field)))
            except ValueError as problem:
                problems[field] = str(problem)
        try:
            user.full_clean(exclude=problems, validate_constraints=validate_constraints)
        except ValidationError as error:
            raise ValidationError({**problems, **error.message_dict}) from error
        if problems:
            raise ValidationError(problems)
        user.save(using=self._db)
        return user


class AddressField(models.EmailField):  # type: ignore[type-arg]  # it takes none when it runs
    """An e-mail address. Forms validate new ones with `clean_email` and leave stored ones unchanged."""

    default_validators = []  # noqa: RUF012  # Django's name

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _, arguments, named = super().deconstruct()
        return name, "django.db.models.EmailField", arguments, named
