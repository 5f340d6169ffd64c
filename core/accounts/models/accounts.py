"""Users, their sessions, tokens and idempotency keys, and deleted accounts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.indexes import HashIndex
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import connection, models, transaction
from django.db.models.functions import Lower, Now, Replace

from core.accounts.user_manager import AddressField, UserManager
from core.accounts.validators import (
    BIO_LENGTH,
    DEVICE_NAME_LENGTH,
    DISPLAY_NAME_LENGTH,
    EMAIL_LENGTH,
    USERNAME_FORM,
    USERNAME_LENGTH,
)
from core.database.counted_rows import count_field
from core.database.time_ordered_keys import KeyField, Reference

USERNAME = r"^[A-Za-z0-9_]{1,30}$"


LOOKS_LIKE = Lower(
    Replace(
        models.Func("username", models.Value("01I"), models.Value("Oll"), function="translate"),
        models.Value("m"),
        models.Value("rn"),
    )
)
"""The form in which usernames that look alike are equal: `sql/_looks_like.sql`."""


class User(AbstractBaseUser, PermissionsMixin):
    """A user account."""

    id = KeyField(primary_key=True)
    username = models.CharField(
        max_length=USERNAME_LENGTH,
        validators=[RegexValidator(rf"{USERNAME[:-1]}\Z", USERNAME_FORM)],
        help_text="The user's public handle, unique ignoring case.",
    )
    email = AddressField(
        max_length=EMAIL_LENGTH,
        help_text="The user's e-mail address. Never shown to other users.",
    )
    email_verified = models.BooleanField(
        db_default=True,
        help_text="Whether the user has shown that mail to the address arrives.",
    )
    pending_email = models.CharField(
        max_length=EMAIL_LENGTH,
        null=True,
        blank=True,
        editable=False,
        help_text="The address that replaces the present one as soon as it is verified.",
    )
    display_name = models.CharField(
        max_length=DISPLAY_NAME_LENGTH, help_text="The name shown beside posts."
    )
    bio = models.CharField(
        max_length=BIO_LENGTH,
        default="",
        blank=True,
        help_text="A short self-description.",
    )
    avatar_url = models.CharField(
        max_length=500,
        default="",
        blank=True,
        help_text="URL of the user's picture; empty if there is none.",
    )
    created_at = models.DateTimeField(
        db_default=Now(), editable=False, help_text="When the account was created."
    )
    follower_count = count_field(
        "The number of users who follow the user. The same for every viewer."
    )
    following_count = count_field(
        "The number of users whom the user follows. The same for every viewer."
    )
    post_count = count_field("The number of posts by the user. The same for every viewer.")
    is_private = models.BooleanField(
        db_default=False,
        help_text="Whether only accepted followers see the user's posts and lists of follows.",
    )
    is_active = models.BooleanField(default=True, help_text="Whether the user may sign in.")
    is_staff = models.BooleanField(default=False, help_text="Whether the user may use the admin.")

    objects = UserManager["User"]()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    class Meta:
        db_table = "users"
        verbose_name = "user"
        verbose_name_plural = "users"
        indexes: ClassVar = [
            models.Index(LOOKS_LIKE, name="users_looks_like"),
            # A page looks its authors up one by one: a third less of PostgreSQL's instructions than by the primary key.
            HashIndex("id", name="users_by_hash"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("username"),
                name="users_username_unique",
                violation_error_message="This username is taken.",
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="users_email_unique",
                violation_error_message="This e-mail address is taken.",
            ),
            models.CheckConstraint(
                condition=models.Q(username__regex=USERNAME),
                name="users_username_form",
                violation_error_message=USERNAME_FORM,
            ),
            models.CheckConstraint(
                condition=models.Q(
                    follower_count__gte=0, following_count__gte=0, post_count__gte=0
                ),
                name="users_counts_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.username}"

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """The username unchanged: Django would turn look-alike characters into ASCII."""
        return username

    def save(self, *arguments: Any, **named: Any) -> None:
        """Saves the user. A new password ends all sessions and tokens of mails, and leaves no address pending.

        A new hash of the same password does none of this.
        """
        has_new_password = self._password is not None  # type: ignore[attr-defined]  # set by set_password, cleared on save
        if has_new_password:
            self.pending_email = None
        with transaction.atomic():
            if not has_new_password and "password" in (named.get("update_fields") or ()):
                with connection.cursor() as cursor:
                    # For the trigger that ends the tokens: `sql/password_rehash.sql`.
                    cursor.execute(
                        "SELECT set_config('accounts.rehashed', %s, true)", [self.password]
                    )
            super().save(*arguments, **named)
            if has_new_password:
                self.sessions.filter(revoked_at=None).update(revoked_at=Now())

    def clean(self) -> None:
        super().clean()
        if FormerUsername.objects.filter(username=self.username.lower()).exists():
            raise ValidationError({"username": "This username belonged to a deleted account."})


class AccountDeletion(models.Model):
    """A deleted account: hidden from all users, and after a grace period removed in steps."""

    user = models.OneToOneField(
        User,
        models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="deletion",
    )
    requested_at = models.DateTimeField(db_default=Now(), editable=False)
    erases_at = models.DateTimeField(
        db_default=Now(), help_text="When the grace period is over, in which it can be restored."
    )

    class Meta:
        db_table = "account_deletions"
        indexes: ClassVar = [models.Index("erases_at", name="account_deletions_erases_at")]

    def __str__(self) -> str:
        return f"deletion of {self.user_id}"


class AccountSuspension(models.Model):
    """A user whom a moderator has suspended: the user may not sign in until it is over."""

    user = models.OneToOneField(
        User,
        models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="suspension",
    )
    until = models.DateTimeField(
        null=True, blank=True, help_text="When it is over; empty if it is for good."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "account_suspensions"
        indexes: ClassVar = [models.Index("until", name="account_suspensions_until")]

    def __str__(self) -> str:
        return f"suspension of {self.user_id}"


class FormerUsername(models.Model):
    """A username of a deleted account, in lower case and as it was. Nobody gets it, nor one that looks like it."""

    username = models.CharField(max_length=USERNAME_LENGTH, primary_key=True)

    class Meta:
        db_table = "former_usernames"
        indexes: ClassVar = [models.Index(LOOKS_LIKE, name="former_usernames_looks_like")]

    def __str__(self) -> str:
        return f"@{self.username}"


class Session(models.Model):
    """One sign-in on one device: a family of refresh tokens of which only the newest is valid."""

    id = KeyField(primary_key=True)
    user = Reference(User, related_name="sessions")
    salt = models.BinaryField(
        max_length=16,
        help_text="Random. The refresh tokens are derived from it and the server's secret.",
    )
    generation = models.IntegerField(
        db_default=1, help_text="Number of refresh tokens issued so far."
    )
    token_hash = models.BinaryField(max_length=32, help_text="SHA-256 of the newest refresh token.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    rotated_at = models.DateTimeField(
        db_default=Now(), editable=False, help_text="When the newest refresh token was issued."
    )
    expires_at = models.DateTimeField(help_text="When the newest refresh token expires.")
    revoked_at = models.DateTimeField(
        null=True, blank=True, help_text="When the session was signed out or revoked."
    )
    device_name = models.CharField(
        max_length=DEVICE_NAME_LENGTH,
        db_default="",
        blank=True,
        help_text="What the client calls the device; empty if it has not said.",
    )

    class Meta:
        db_table = "sessions"
        indexes: ClassVar = [
            models.Index("user_id", name="sessions_user"),
            models.Index("expires_at", name="sessions_expires_at"),
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"


class AccountToken(models.Model):
    """A token in a mail that verifies an address or sets a new password, once.

    A trigger deletes the tokens of a user whose password or address changes, not those of one whose password gets
    another hash.
    """

    id = KeyField(primary_key=True)
    user = Reference(User)
    purpose = models.CharField(max_length=20, help_text="What the token is for.")
    token_hash = models.BinaryField(max_length=32, help_text="SHA-256 of the token.")
    email = models.CharField(max_length=EMAIL_LENGTH, help_text="The address it is mailed to.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(help_text="When it is refused.")

    class Meta:
        db_table = "account_tokens"
        indexes: ClassVar = [
            models.Index("user_id", name="account_tokens_user"),
            models.Index("expires_at", name="account_tokens_expires_at"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class IdempotencyKey(models.Model):
    """The result of a creating mutation by idempotency key, so that a repeated request gets the first result."""

    pk = models.CompositePrimaryKey("user_id", "mutation", "key")
    user = Reference(User)
    mutation = models.CharField(max_length=40, help_text="Name of the mutation.")
    key = models.CharField(
        max_length=100, help_text="The client's clientMutationId, an idempotency key."
    )
    input_hash = models.BinaryField(max_length=32, help_text="SHA-256 of the input.")
    result_id = models.BigIntegerField(help_text="Key of the created row.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "idempotency_keys"
        indexes: ClassVar = [models.Index("created_at", name="idempotency_keys_created_at")]
