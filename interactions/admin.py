"""Comments in the admin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from core.accounts.admin import not_deleted, users_named
from core.admin.lists import LargeTableAdmin
from core.database.django_bridge import retry_on_deadlock
from interactions.models import Comment
from interactions.moderation import comments_delete


@admin.register(Comment)
class CommentAdmin(LargeTableAdmin):
    """Comments. A deleted comment with replies remains as a tombstone."""

    id_type = "Comment"
    search_help_text = "The author's username, or the comment's id."
    list_display = ("id", "author", "__str__", "post_id", "created_at", "deleted_at")
    list_select_related = ("author",)
    fields = ("author", "text", "post_id", "parent_id", "created_at", "deleted_at", "like_count")

    def matching(self, term: str) -> Q | None:
        return Q(author__in=users_named(term))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        return not_deleted(super().get_queryset(request), "author", "post__author")

    def remove(self, rows: Sequence[Comment]) -> None:
        retry_on_deadlock(lambda: comments_delete(rows))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        is_tombstone = obj is not None and cast("Comment", obj).deleted_at is not None
        return not is_tombstone and super().has_delete_permission(request, obj)
