"""Reports of posts, comments and users to the moderators."""

from __future__ import annotations

from core.database.database import Database
from core.errors import ErrorCode, InputRules, refuse
from core.text import clean_text
from interactions.models import REPORT_COMMENT_LENGTH, ReportReason
from interactions.statements import SQL

STATEMENTS = {
    "Post": SQL.post_report,
    "Comment": SQL.comment_report,
    "User": SQL.user_report,
}
"""By the type of what is reported."""


async def report_create(
    database: Database,
    *,
    viewer_id: int,
    subject_type: str,
    subject_id: int,
    reason: ReportReason,
    comment: str | None,
) -> bool:
    """Whether this is the viewer's first report of this post, comment or user; a later one changes nothing.

    Errors: MutationRefused (NOT_FOUND, INVALID_INPUT).
    """
    rules = InputRules()
    words = rules.check("comment", clean_report_comment, comment)
    rules.raise_problems()
    statement = STATEMENTS.get(subject_type)
    rows = (
        await database.write(statement, viewer_id, subject_id, reason.value, words)
        if statement is not None
        else []
    )
    if not rows:
        raise refuse(ErrorCode.NOT_FOUND, "There is nothing with this id.", "input", "subjectId")
    is_first, is_own = rows[0]
    if is_own:
        message = "You can't report yourself, or what you have written."
        raise refuse(ErrorCode.INVALID_INPUT, message, "input", "subjectId")
    return bool(is_first)


def clean_report_comment(comment: str | None) -> str:
    """The comment of a report, which may be empty. Errors: ValueError."""
    return clean_text(comment or "", at_most=REPORT_COMMENT_LENGTH, at_least=0)
