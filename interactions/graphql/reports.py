"""The mutation by which users report something to the moderators."""

from __future__ import annotations

import strawberry

from core.errors import ClientError
from core.graphql.enums import declare_enum
from core.graphql.info import Info
from core.graphql.limits.directives import RateLimit
from core.graphql.mutations import MutationInput, Payload, changed_field, mutation, optional_field
from core.graphql.node import ID_BOUND
from core.ids import parse_id
from interactions.models import REPORT_COMMENT_LENGTH, ReportReason
from interactions.reports import report_create

declare_enum(
    ReportReason,
    "Why something is reported.",
    {
        ReportReason.SPAM: "Advertising, fraud, or the same again and again.",
        ReportReason.ABUSE: "Insults, threats, harassment or hate.",
        ReportReason.VIOLENCE: "Violence, or a call for it.",
        ReportReason.SEXUAL: "Sexual content.",
        ReportReason.SELF_HARM: "Self-harm or suicide.",
        ReportReason.ILLEGAL: "Something that the law forbids.",
        ReportReason.OTHER: "Something else; the comment says what.",
    },
)


@strawberry.input(description="What to report, and why.")
class ReportContentInput(MutationInput):
    subject_id: strawberry.ID = strawberry.field(
        description=f"The id of a post, a comment or a user, {ID_BOUND}."
    )
    reason: ReportReason = strawberry.field(description="Why it is reported.")
    comment: str | None = optional_field(
        f"What the moderators should know: at most {REPORT_COMMENT_LENGTH} code points after NFC."
    )


@strawberry.type(description="Whether something was reported.")
class ReportContentPayload(Payload):
    changed: bool = changed_field("Whether this is the viewer's first report of it.")


@strawberry.type
class ReportsMutation:
    @mutation(
        "Reports a post, a comment or a user to the moderators, with a copy of it as it is now. Reporting "
        "the same again changes nothing.",
        RateLimit(bucket="reports"),
    )
    @staticmethod
    async def report_content(info: Info, input: ReportContentInput) -> ReportContentPayload:
        viewer_id = info.context.require_viewer()
        try:
            subject_type, subject_id = parse_id(input.subject_id)
        except ClientError:
            subject_type, subject_id = "", 0
        changed = await report_create(
            info.context.database,
            viewer_id=viewer_id,
            subject_type=subject_type,
            subject_id=subject_id,
            reason=input.reason,
            comment=input.comment or None,
        )
        return ReportContentPayload(changed=changed)
