"""Posts in the admin."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from core.accounts.admin import not_deleted, users_named
from core.admin.lists import LargeTableAdmin
from core.database.django_bridge import retry_on_deadlock
from feed.models import Post
from feed.moderation import posts_delete


@admin.register(Post)
class PostAdmin(LargeTableAdmin):
    id_type = "Post"
    search_help_text = "The author's username, or the post's id."
    list_display = ("id", "author", "__str__", "created_at", "like_count", "comment_count")
    list_select_related = ("author",)

    def matching(self, term: str) -> Q | None:
        return Q(author__in=users_named(term))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        return not_deleted(super().get_queryset(request), "author")

    def remove(self, rows: Sequence[Post]) -> None:
        retry_on_deadlock(lambda: posts_delete(rows))
