"""What Django serves: the admin."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import path

admin.autodiscover()  # Loads each feature's admin classes.
urlpatterns = [path(f"{settings.ENVIRONMENT.admin_path}/", admin.site.urls)]
