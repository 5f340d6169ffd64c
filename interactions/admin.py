"""Comments and reports in the admin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import ValidationError
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from core.accounts.admin import not_deleted, users_named
from core.accounts.models import User
from core.admin.lists import LargeTableAdmin
from core.database.django_bridge import retry_on_deadlock
from interactions.models import Comment, Report
from interactions.moderation import comments_delete
from interactions.report_moderation import reported_hide, reported_suspend, reports_dismiss


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


SUSPENDED_UNTIL = forms.DateField(required=False)
REPORTS_SHOWN = 20
REASONS_COUNTED = 1_000


class SuspensionForm(ActionForm):
    """The date until which authors are suspended. The action checks it, since Django would not say what is wrong."""

    until = forms.CharField(
        required=False, label="Suspend until", widget=forms.DateInput(attrs={"type": "date"})
    )


def _open_reports(report: Report) -> QuerySet[Report]:
    """The open reports of the same subject."""
    return Report.objects.filter(
        subject_kind=report.subject_kind, subject_id=report.subject_id, closed_at=None
    )


@admin.register(Report)
class ReportAdmin(LargeTableAdmin):
    """Open reports: one row for each subject, that of its newest report."""

    search_help_text = "The username of who was reported, or the report's id."
    list_display = ("subject", "author", "what", "reasons", "created_at")
    list_select_related = ("author",)
    fields = ("subject", "author", "copy", "reasons", "all_reports", "created_at")
    readonly_fields = ("subject", "reasons", "all_reports")
    actions = ("hide", "suspend", "dismiss")
    action_form = SuspensionForm

    def matching(self, term: str) -> Q | None:
        return Q(author__in=users_named(term))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        newer = Report.objects.filter(
            subject_kind=OuterRef("subject_kind"),
            subject_id=OuterRef("subject_id"),
            closed_at=None,
            pk__gt=OuterRef("pk"),
        )
        rows = super().get_queryset(request).filter(~Exists(newer), closed_at=None)
        return not_deleted(rows, "author")

    @admin.display(description="Subject")
    def subject(self, report: Report) -> str:
        return f"{report.subject_kind} {report.subject_id}"

    @admin.display(description="As it was")
    def what(self, report: Report) -> str:
        copy: dict[str, Any] = report.copy
        return str(copy.get("text") or copy.get("display_name") or "")[:80]

    @admin.display(description="Reasons")
    def reasons(self, report: Report) -> str:
        """How often each reason is given in the newest reports."""
        newest = _open_reports(report).order_by("-pk")[:REASONS_COUNTED]
        counts = Counter(newest.values_list("reason", flat=True))
        return ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items()))

    @admin.display(description="Open reports of it, newest first")
    def all_reports(self, report: Report) -> str:
        rows = _open_reports(report).select_related("reporter").order_by("-pk")[:REPORTS_SHOWN]
        return format_html_join(
            mark_safe("<br>"),
            "{} by {}: {}",
            ((row.get_reason_display(), row.reporter, row.comment or "no comment") for row in rows),
        )

    @admin.action(description="Hide what was reported", permissions=["moderate"])
    def hide(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        reports = list(queryset)

        def hide_and_log() -> int:
            self._log(request, [each for each in reports if each.subject_kind != "user"], "Hidden.")
            return reported_hide(reports)

        hidden = retry_on_deadlock(hide_and_log)
        self.message_user(request, f"{hidden} posts and comments were deleted.", messages.SUCCESS)
        if hidden < len(reports):
            self.message_user(request, "Users can't be hidden: suspend them.", messages.WARNING)

    @admin.action(
        description="Suspend the authors until the date, or for good", permissions=["moderate"]
    )
    def suspend(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        try:
            until = SUSPENDED_UNTIL.clean(request.POST.get("until"))
        except ValidationError:
            self.message_user(request, "Enter the date as YYYY-MM-DD.", messages.ERROR)
            return
        moment = until and datetime.combine(until, time(), UTC)
        if moment is not None and moment <= datetime.now(UTC):
            self.message_user(request, "Enter a date in the future.", messages.ERROR)
            return
        reports = list(queryset)
        authors = User.objects.filter(pk__in=[report.author_id for report in reports])
        if not request.user.is_superuser and authors.filter(is_staff=True).exists():
            self.message_user(request, "Only a superuser may suspend staff.", messages.ERROR)
            return
        done = f"Suspended until {until}." if until else "Suspended."

        def suspend_and_log() -> int:
            self._log(request, reports, done)
            authors = reported_suspend(reports, moment)
            self._log(request, authors, done)
            return len(authors)

        suspended = retry_on_deadlock(suspend_and_log)
        self.message_user(request, f"{suspended} users were suspended.", messages.SUCCESS)

    @admin.action(description="Dismiss the reports", permissions=["moderate"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        reports = list(queryset)

        def dismiss_and_log() -> None:
            self._log(request, reports, "Dismissed.")
            reports_dismiss(reports)

        retry_on_deadlock(dismiss_and_log)
        self.message_user(request, f"{len(reports)} subjects were dismissed.", messages.SUCCESS)

    def _log(self, request: HttpRequest, rows: Iterable[Model], what: str) -> None:
        for row in rows:
            self.log_change(request, row, what)

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Whether the moderator may decide: "can change report"."""
        return request.user.has_perm("interactions.change_report")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
