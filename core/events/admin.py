"""The event log in the admin, read-only."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model, Q
from django.http import HttpRequest

from core.admin.lists import LargeTableAdmin, key_in
from core.events.models import Event


@admin.register(Event)
class EventAdmin(LargeTableAdmin):
    search_help_text = "The event's number, or the id of a post."
    list_display = ("id", "created_at", "kind", "actor_id", "post_id", "subject_id")

    def matching(self, term: str) -> Q | None:
        post = key_in(term, "Post")
        return None if post is None else Q(post_id=post)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
