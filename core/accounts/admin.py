"""Users, sessions and follows in the admin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    BaseUserCreationForm,
    UserChangeForm,
)
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest

from core.accounts.models import AccountDeletion, Follow, FollowRequest, Session, User
from core.accounts.moderation import (
    follow_requests_delete,
    follows_delete,
    sessions_delete,
    sessions_revoke,
    sign_out_everywhere,
    user_delete,
    user_suspend,
    user_unsuspend,
)
from core.accounts.validators import clean_bio, clean_display_name, clean_email, comparable_email
from core.admin.lists import LargeTableAdmin
from core.database.django_bridge import retry_on_deadlock

Row = TypeVar("Row", bound=Model)


def users_named(handle: str) -> QuerySet[User]:
    """The user with this username, ignoring case, with or without an @."""
    return User.objects.named(handle.removeprefix("@"))


def not_deleted(rows: QuerySet[Row], *users: str) -> QuerySet[Row]:
    """The rows that hang on no deleted account, which the worker still has to remove. `users`: the columns of users.

    As everywhere else, what is deleted is hidden at once; large deleted posts belong to a deleted account, too.
    """
    deleted = (AccountDeletion.objects.filter(user=OuterRef(column)) for column in users)
    return rows.filter(*(~Exists(found) for found in deleted))


class ProfileRules:
    """Applies the rules of sign-up to the changed fields of a form. Unchanged values stay as they are."""

    cleaned_data: dict[str, Any]
    changed_data: list[str]
    instance: User

    def clean_email(self) -> str:
        return self._cleaned("email", clean_email)

    def clean_display_name(self) -> str:
        return self._cleaned("display_name", clean_display_name)

    def clean_bio(self) -> str:
        return self._cleaned("bio", clean_bio)

    def _cleaned(self, field: str, clean: Callable[[str], str]) -> str:
        if field not in self.changed_data:
            stored: str = getattr(self.instance, field)
            return stored
        try:
            return clean(self.cleaned_data[field])
        except ValueError as problem:
            raise ValidationError(str(problem)) from problem


# Django's UsernameField would turn look-alike characters into ASCII; its EmailField rejects SMTPUTF8 addresses.
FIELDS = {"username": forms.CharField, "email": forms.CharField}
STAFF_FIELDS = ("is_staff", "is_superuser", "groups", "user_permissions")


class NewUserForm(ProfileRules, BaseUserCreationForm):  # type: ignore[type-arg]  # it takes none when it runs
    class Meta:
        model = User
        fields = ("username", "email", "display_name")
        field_classes = FIELDS


class UserForm(ProfileRules, UserChangeForm):  # type: ignore[type-arg]  # it takes none when it runs
    class Meta:
        model = User
        fields = "__all__"
        field_classes = FIELDS


class NewPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]  # it takes none when it runs
    def save(self, commit: bool = True) -> User:
        """The user with the new password, signed out everywhere."""
        with transaction.atomic():
            # Django saves all columns.
            self.user.refresh_from_db(from_queryset=User.objects.select_for_update(no_key=True))
            user: User = super().save(commit)
            # Saving a new password has done that, disabling it has not.
            sign_out_everywhere(user)
        return user


@admin.register(User)
class UserAdmin(LargeTableAdmin, DjangoUserAdmin):  # type: ignore[type-arg]  # it takes none when it runs
    """Deactivating a user or setting a new password signs the user out everywhere.

    Only superusers change and delete staff, and say who is: by a permission, a new password or a new address of
    another member of staff, each user with the permission to change users would otherwise have all rights.
    """

    id_type = "User"
    search_help_text = "A username, an e-mail address or an id."
    list_display = ("username", "display_name", "email", "is_active", "is_staff", "created_at")
    list_filter = ()
    ordering = ("-pk",)
    readonly_fields = (
        "created_at",
        "last_login",
        "follower_count",
        "following_count",
        "post_count",
    )
    form = UserForm
    add_form = NewUserForm
    change_password_form = NewPasswordForm
    fieldsets = (
        (None, {"fields": ("username", "password", "email", "is_active")}),
        ("Profile", {"fields": ("display_name", "bio", "avatar_url", "is_private")}),
        ("Counts and times", {"fields": readonly_fields}),
        ("Admin", {"fields": STAFF_FIELDS}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "display_name", "password1", "password2")}),
    )

    def matching(self, term: str) -> Q | None:
        if "@" in term[1:]:
            by_email = User.objects.alias(address=Lower("email")).filter(
                address=comparable_email(term)
            )
            return Q(pk__in=by_email.values("pk"))
        return Q(pk__in=users_named(term).values("pk"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """The users whose accounts are not deleted."""
        return not_deleted(super().get_queryset(request), "pk")

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """As Django's, but what users have logged in the admin, which nobody may delete alone, goes with them."""
        deleted, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, forbidden - {str(LogEntry._meta.verbose_name)}, protected  # noqa: SLF001  # Django's name

    def remove(self, rows: Sequence[User]) -> None:
        for user in rows:
            retry_on_deadlock(partial(user_delete, user))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Saves what the form has changed: the rest may be newer than what was read. Who is inactive is suspended."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        columns = {field.name for field in obj._meta.concrete_fields} - {"is_active"}  # noqa: SLF001  # Django's name
        obj.save(update_fields=columns.intersection(form.changed_data))
        if "is_active" in form.changed_data:
            (user_unsuspend if obj.is_active else user_suspend)(obj)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if request.user.is_superuser else (*fields, *STAFF_FIELDS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return DjangoUserAdmin.has_add_permission(self, request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        allowed = DjangoUserAdmin.has_change_permission(self, request, obj)
        return allowed and _is_within_reach(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        allowed = DjangoUserAdmin.has_delete_permission(self, request, obj)
        return allowed and _is_within_reach(request, obj)


def _is_within_reach(request: HttpRequest, user: Model | None) -> bool:
    """Whether who has the permission may use it for this user."""
    is_staff = isinstance(user, User) and (user.is_staff or user.is_superuser)
    return not is_staff or bool(request.user.is_superuser)


@admin.register(Session)
class SessionAdmin(LargeTableAdmin):
    search_help_text = "A username, or the session's id."
    list_display = ("id", "user", "created_at", "rotated_at", "expires_at", "revoked_at")
    list_select_related = ("user",)
    exclude = ("salt", "token_hash")
    actions = ("revoke",)

    def matching(self, term: str) -> Q | None:
        return Q(user__in=users_named(term))

    def remove(self, rows: Sequence[Session]) -> None:
        retry_on_deadlock(lambda: sessions_delete(rows))

    @admin.action(description="Revoke selected sessions", permissions=["delete"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        chosen = list(queryset)

        def revoke_and_log() -> int:
            for session in chosen:
                self.log_change(request, session, "Revoked.")
            return sessions_revoke(chosen)

        revoked = retry_on_deadlock(revoke_and_log)
        self.message_user(request, f"{revoked} active sessions were revoked.", messages.SUCCESS)


class PairAdmin(LargeTableAdmin):
    """Rows of two users each."""

    users: tuple[str, str]
    """The columns of both."""

    def matching(self, term: str) -> Q | None:
        user = users_named(term).first()
        one, other = self.users
        return None if user is None else Q(**{one: user}) | Q(**{other: user})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return not_deleted(super().get_queryset(request), *self.users)


@admin.register(Follow)
class FollowAdmin(PairAdmin):
    search_help_text = "A username on either side, or the follow's id."
    users = list_select_related = ("follower", "followee")
    list_display = ("id", *users, "created_at")

    def remove(self, rows: Sequence[Follow]) -> None:
        retry_on_deadlock(lambda: follows_delete(rows))


@admin.register(FollowRequest)
class FollowRequestAdmin(PairAdmin):
    """Requests to follow private accounts that wait for an answer. Deleting one rejects it."""

    search_help_text = "A username on either side, or the request's id."
    users = list_select_related = ("requester", "target")
    list_display = ("id", *users, "created_at")

    def remove(self, rows: Sequence[FollowRequest]) -> None:
        retry_on_deadlock(lambda: follow_requests_delete(rows))


@admin.register(LogEntry)
class AuditLogAdmin(LargeTableAdmin):
    """What the staff has changed in the admin, read-only."""

    search_help_text = "The username of a member of staff, or the entry's number."
    list_display = ("id", "action_time", "user", "content_type", "__str__")
    list_select_related = ("user", "content_type")

    def matching(self, term: str) -> Q | None:
        return Q(user__in=users_named(term))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
