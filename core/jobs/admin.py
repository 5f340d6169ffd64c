"""Jobs and consumers in the admin: dead jobs with their reason, to retry or delete."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from core.admin.lists import LargeTableAdmin
from core.database.django_bridge import run
from core.jobs.models import EventConsumer, Job
from core.jobs.statements import SQL

DEAD = "dead"


@admin.register(Job)
class JobAdmin(LargeTableAdmin):
    """A job that is deleted while it runs is rolled back."""

    search_help_text = f"A job's number, or `{DEAD}` for the jobs that failed for good."
    list_display = ("id", "kind", "state", "run_at", "attempts", "reason", "cause", "created_at")
    actions = ("retry",)

    def matching(self, term: str) -> Q | None:
        return Q(failed_at__isnull=False) if term == DEAD else None

    def remove(self, rows: Sequence[Job]) -> None:
        Job.objects.filter(pk__in=[row.pk for row in rows]).delete()

    @admin.display
    def state(self, job: Job) -> str:
        if job.failed_at is not None:
            return DEAD
        return "waiting" if job.lease is None else "running"

    @admin.display
    def reason(self, job: Job) -> str:
        return job.error.partition("\n")[0][:200]

    @admin.action(description="Retry selected dead jobs", permissions=["delete"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        chosen = list(queryset)
        with transaction.atomic():
            for job in chosen:
                self.log_change(request, job, "Due again.")
            retried = run(SQL.job_retry, [job.pk for job in chosen])
        self.message_user(request, f"{len(retried)} jobs are due again.", messages.SUCCESS)


@admin.register(EventConsumer)
class EventConsumerAdmin(LargeTableAdmin):
    """Delete a consumer that the code has no more: what it has not handled is kept for it."""

    search_help_text = "A consumer's name."
    list_display = ("name", "transaction", "event", "attempts", "leased_until", "error")

    def matching(self, term: str) -> Q | None:
        return Q(name=term)

    def remove(self, rows: Sequence[Model]) -> None:
        EventConsumer.objects.filter(pk__in=[row.pk for row in rows]).delete()
