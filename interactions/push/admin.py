"""Push targets in the admin, read-only and without the secrets by which they are reached."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from core.accounts.admin import not_deleted, users_named
from core.admin.lists import LargeTableAdmin
from interactions.push.models import PushTarget


@admin.register(PushTarget)
class PushTargetAdmin(LargeTableAdmin):
    search_help_text = "A username, or the target's id."
    id_type = "PushTarget"
    list_display = ("id", "user", "kind", "created_at", "registered_at", "paused_until")
    list_select_related = ("user",)
    fields = ("user", "session", "kind", "created_at", "registered_at", "paused_until")

    def matching(self, term: str) -> Q | None:
        return Q(user__in=users_named(term))

    def get_queryset(self, request: HttpRequest) -> QuerySet[PushTarget]:
        return not_deleted(super().get_queryset(request), "user").defer(
            "address", "address_hash", "p256dh", "auth"
        )

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
