"""What Django serves: the admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from core.config.wiring import extend_removal

extend_removal()
admin.autodiscover()  # What each feature shows in it.
urlpatterns = [path("admin/", admin.site.urls)]
