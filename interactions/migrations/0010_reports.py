"""Reports of posts, comments and users."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import core.database.time_ordered_keys
from core.database.time_ordered_keys import ForeignKeysInDatabase

FOREIGN_KEYS = ForeignKeysInDatabase(
    ("reports", "reporter_id", "users"), ("reports", "author_id", "users")
)
REASONS = ["SPAM", "ABUSE", "VIOLENCE", "SEXUAL", "SELF_HARM", "ILLEGAL", "OTHER"]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0013_looks_like"),
        ("interactions", "0009_top_level_comments"),
    ]

    operations = [
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    core.database.time_ordered_keys.KeyField(
                        db_default=core.database.time_ordered_keys.TimeOrderedKey(),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "subject_kind",
                    models.CharField(
                        help_text="What is reported: a post, a comment or a user.", max_length=10
                    ),
                ),
                ("subject_id", models.BigIntegerField(help_text="The key of what is reported.")),
                (
                    "reason",
                    models.CharField(
                        choices=[(each, each.replace("_", " ").title()) for each in REASONS],
                        max_length=20,
                    ),
                ),
                (
                    "comment",
                    models.TextField(
                        db_default="", help_text="What the reporter adds.", max_length=500
                    ),
                ),
                ("copy", models.JSONField(help_text="What is reported, as it was.")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "closed_at",
                    models.DateTimeField(
                        editable=False, help_text="When a moderator has decided.", null=True
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        db_default="", help_text="What the moderator has decided.", max_length=20
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.user",
                    ),
                ),
                (
                    "reporter",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.user",
                    ),
                ),
            ],
            options={
                "db_table": "reports",
                "indexes": [
                    models.Index(
                        models.F("subject_kind"),
                        models.F("subject_id"),
                        models.F("id"),
                        name="reports_of_subject",
                    ),
                    models.Index(models.F("author"), name="reports_of_author"),
                    models.Index(
                        models.F("id"), condition=models.Q(("closed_at", None)), name="reports_open"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("reporter"),
                        models.F("subject_kind"),
                        models.F("subject_id"),
                        name="reports_subject_unique",
                    )
                ],
            },
        ),
        migrations.RunSQL(FOREIGN_KEYS.create, FOREIGN_KEYS.drop),
    ]
