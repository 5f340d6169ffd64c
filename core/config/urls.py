"""What Django serves: the admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

admin.autodiscover()  # What each feature shows in it.
urlpatterns = [path("admin/", admin.site.urls)]
