"""What moderators decide about reports. Call it in a transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models.functions import Now

from core.accounts.models import User
from core.accounts.moderation import SQL as ACCOUNTS_SQL
from core.accounts.moderation import user_suspend
from core.database.django_bridge import run
from feed.models import Post
from feed.moderation import posts_delete
from interactions.models import Comment, Report
from interactions.moderation import comments_delete

HIDDEN, SUSPENDED, DISMISSED = "hidden", "suspended", "dismissed"


def reported_hide(reports: Iterable[Report]) -> int:
    """Deletes the posts and comments that these reports name, as their authors would. Gives the number of reports.

    Users can't be hidden: suspend them, or delete the account. Locks: those of `posts_delete`, `comments_delete`.
    """
    hidden = [report for report in reports if report.subject_kind in {"post", "comment"}]
    posts_delete(Post.objects.filter(pk__in=_subjects(hidden, "post")))
    comments_delete(Comment.objects.filter(pk__in=_subjects(hidden, "comment"), deleted_at=None))
    _close(hidden, HIDDEN)
    return len(hidden)


def reported_suspend(reports: Iterable[Report], until: datetime | None) -> list[User]:
    """Suspends the authors of what these reports name; for good without a time. Gives the authors.

    Locks: the authors, then their sessions.
    """
    found = list(reports)
    authors = list(
        User.objects.filter(pk__in={report.author_id for report in found}).order_by("pk")
    )
    run(ACCOUNTS_SQL.users_lock, [author.pk for author in authors])
    for author in authors:
        user_suspend(author, until)
    _close(found, SUSPENDED)
    return authors


def reports_dismiss(reports: Iterable[Report]) -> None:
    """Closes the reports, and all others of the same subjects, without any effect."""
    _close(list(reports), DISMISSED)


def _subjects(reports: Iterable[Report], kind: str) -> list[int]:
    return [report.subject_id for report in reports if report.subject_kind == kind]


def _close(reports: Iterable[Report], outcome: str) -> None:
    """Closes all open reports of the subjects of these."""
    for kind, subject in {(report.subject_kind, report.subject_id) for report in reports}:
        Report.objects.filter(subject_kind=kind, subject_id=subject, closed_at=None).update(
            closed_at=Now(), outcome=outcome
        )
