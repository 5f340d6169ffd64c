"""Signing in to the admin, under the same bounds as at the API."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from core.accounts.login_throttle import Account, login_throttle_on
from core.accounts.models import User
from core.accounts.password_rules import INPUT_LENGTH_AT_MOST
from core.accounts.validators import USERNAME_LENGTH
from core.errors import ClientError


class SignInForm(AdminAuthenticationForm):
    """Counts the try before the password is looked at."""

    retry_after: int | None = None
    """Seconds until the next try may be made, if this one may not."""

    # Django's own field would make usernames of characters that look like theirs.
    username = forms.CharField(
        max_length=USERNAME_LENGTH,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )
    password = forms.CharField(
        strip=False,
        max_length=INPUT_LENGTH_AT_MOST,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean(self) -> dict[str, Any]:
        login = self.cleaned_data.get("username")
        if login is None or not self.cleaned_data.get("password"):
            return self.cleaned_data
        environment = settings.ENVIRONMENT
        attempts = login_throttle_on(environment.redis_url, environment.sign_in_attempts)
        account = _account(login)
        address = None if self.request is None else self.request.META.get("REMOTE_ADDR")
        try:
            attempts.count(account, address)
        except ClientError as refused:
            self.retry_after = refused.extensions["retryAfterSeconds"]
            raise ValidationError(refused.message) from refused
        cleaned = super().clean()
        attempts.succeeded(account, address)
        return cleaned


class Site(AdminSite):
    """Django's admin, whose sign-in answers 429 where too many passwords were tried."""

    login_form = SignInForm

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = super().login(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        retry_after = getattr(form, "retry_after", None)
        if retry_after is not None:
            response.status_code = 429
            response.headers["Retry-After"] = str(retry_after)
        return response


def _account(login: str) -> Account:
    try:
        user = User.objects.get_by_natural_key(login)
    except User.DoesNotExist:
        return Account(None, login)
    return Account(user.pk, login)
