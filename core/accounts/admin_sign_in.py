"""Sign-in to the admin, under the same throttle as sign-in through the API."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from core.accounts.login_throttle import AttemptedAccount, shared_login_throttle
from core.accounts.models import User
from core.accounts.password_rules import MAX_INPUT_LENGTH
from core.accounts.validators import USERNAME_LENGTH
from core.errors import ClientError


class SignInForm(AdminAuthenticationForm):
    """Counts the attempt before it checks the password."""

    retry_after: int | None = None
    """Seconds until the next attempt, if this one was refused."""

    # Django's UsernameField would turn look-alike characters into ASCII.
    username = forms.CharField(
        max_length=USERNAME_LENGTH,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )
    password = forms.CharField(
        strip=False,
        max_length=MAX_INPUT_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean(self) -> dict[str, Any]:
        login = self.cleaned_data.get("username")
        if login is None or not self.cleaned_data.get("password"):
            return self.cleaned_data
        environment = settings.ENVIRONMENT
        throttle = shared_login_throttle(environment.redis_url, environment.sign_in_attempts)
        account = _account(login)
        address = None if self.request is None else self.request.META.get("REMOTE_ADDR")
        try:
            throttle.count(account, address)
        except ClientError as refused:
            self.retry_after = refused.extensions["retryAfterSeconds"]
            raise ValidationError(refused.message) from refused
        cleaned = super().clean()
        throttle.succeeded(account, address)
        return cleaned


class Site(AdminSite):
    """Django's admin site, whose sign-in page responds with 429 when the throttle refuses an attempt."""

    site_header = "Social feed"
    site_title = "Social feed"
    index_title = "Administration"
    login_form = SignInForm

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = super().login(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        retry_after = getattr(form, "retry_after", None)
        if retry_after is not None:
            response.status_code = 429
            response.headers["Retry-After"] = str(retry_after)
        return response


def _account(login: str) -> AttemptedAccount:
    try:
        user = User.objects.get_by_natural_key(login)
    except User.DoesNotExist:
        return AttemptedAccount(None, login)
    return AttemptedAccount(user.pk, login)
