"""What Django serves: the admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

admin.autodiscover()  # Loads each feature's admin classes.
urlpatterns = [path("admin/", admin.site.urls)]
