"""Archives of users' data."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import core.database.time_ordered_keys
from core.database.time_ordered_keys import ForeignKeysInDatabase

FOREIGN_KEYS = ForeignKeysInDatabase(
    ("data_exports", "user_id", "users"), ("data_export_parts", "export_id", "data_exports")
)


class Migration(migrations.Migration):
    dependencies = [("interactions", "0010_reports")]

    operations = [
        migrations.CreateModel(
            name="DataExport",
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
                    "state",
                    models.CharField(
                        choices=[("PENDING", "Pending"), ("READY", "Ready"), ("FAILED", "Failed")],
                        db_default="PENDING",
                        max_length=10,
                    ),
                ),
                (
                    "section",
                    models.IntegerField(db_default=0, help_text="The kind of rows that is next."),
                ),
                (
                    "position",
                    models.BigIntegerField(
                        db_default=-1, help_text="The position of the last row of that kind."
                    ),
                ),
                ("parts", models.IntegerField(db_default=0, help_text="How many parts there are.")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "expires_at",
                    models.DateTimeField(
                        help_text="When it is deleted, once it has ended.", null=True
                    ),
                ),
                (
                    "user",
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
                "db_table": "data_exports",
                "indexes": [
                    models.Index(models.F("expires_at"), name="data_exports_expires_at"),
                    models.Index(
                        models.F("created_at"),
                        condition=models.Q(("state", "PENDING")),
                        name="data_exports_pending",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(models.F("user"), name="data_exports_user_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="DataExportPart",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "export_id", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "export",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="interactions.dataexport",
                    ),
                ),
                ("number", models.IntegerField()),
                ("content", models.BinaryField()),
            ],
            options={"db_table": "data_export_parts"},
        ),
        migrations.RunSQL(FOREIGN_KEYS.create, FOREIGN_KEYS.drop),
    ]
