"""What Django serves: the admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from core.config.wiring import extend_removal

extend_removal()
urlpatterns = [path("admin/", admin.site.urls)]
