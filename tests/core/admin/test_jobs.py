"""Dead jobs are found in the admin with their reason, and retried or deleted there."""

from __future__ import annotations

import pytest
from django.contrib.admin import site
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.jobs.models import EventConsumer, Job
from tests.core.jobs import effects

JOBS = reverse("admin:jobs_job_changelist")
CONSUMERS = reverse("admin:jobs_eventconsumer_changelist")
REASON = "RuntimeError: the gateway is away"


@pytest.fixture
def dead(orm: None) -> Job:
    return Job.objects.create(
        kind="mail.send",
        attempts=8,
        lost=2,
        failed_at=timezone.now(),
        error=REASON,
        cause="request 7",
    )


def test_dead_jobs_are_listed_with_their_reason(admin: Client, dead: Job) -> None:
    waiting = Job.objects.create(kind="mail.other")
    page = admin.get(JOBS, {"q": "dead"}).content.decode()
    assert REASON in page
    assert "request 7" in page
    assert "mail.other" not in page
    assert f"/{waiting.pk}/" in admin.get(JOBS).content.decode()
    assert admin.get(reverse("admin:jobs_job_change", args=[dead.pk])).status_code == 200


def test_a_dead_job_that_is_retried_is_due_as_if_it_had_never_run(admin: Client, dead: Job) -> None:
    waiting = Job.objects.create(kind="mail.other", attempts=1)
    chosen = {"action": "retry", "_selected_action": [dead.pk, waiting.pk]}
    page = admin.post(JOBS, chosen, follow=True).content.decode()
    assert "1 jobs are due again." in page
    dead.refresh_from_db()
    waiting.refresh_from_db()
    assert (dead.failed_at, dead.attempts, dead.lost, dead.error) == (None, 0, 0, REASON)
    assert dead.run_at <= timezone.now()
    assert waiting.attempts == 1


def test_a_job_and_a_consumer_can_be_deleted(admin: Client, dead: Job) -> None:
    EventConsumer.objects.create(name="old", transaction=1, event=1, microsecond=0)
    for page, row in ((JOBS, dead), (CONSUMERS, EventConsumer.objects.get())):
        chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        assert admin.post(page, chosen).status_code == 302
    assert not Job.objects.filter(pk=dead.pk).exists()
    assert not EventConsumer.objects.exists()


def test_a_job_is_added_in_a_transaction_of_the_orm(orm: None) -> None:
    with transaction.atomic():
        key = effects.trivial.enqueue_by_orm({"number": 1})
    job = Job.objects.get()
    assert (job.pk, job.kind, job.arguments) == (key, "effects.trivial", {"number": 1})
    assert site.is_registered(Job)
