"""The app configuration of the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks
from django.core.checks import CheckMessage


class AdminConfig(SimpleAdminConfig):
    """Django's admin, whose pages are loaded with its URLs: a server process loads them on the first request."""

    default_site = "core.accounts.admin_sign_in.Site"

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(check_pages, checks.Tags.admin)


def check_pages(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Django's check of the admin, after loading all pages: it checks only loaded ones."""
    admin.autodiscover()
    return check_admin_app(app_configs, **options)
