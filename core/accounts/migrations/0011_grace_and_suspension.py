"""A grace period for deleted accounts, and suspensions that end."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from core.database.time_ordered_keys import ForeignKeysInDatabase

FOREIGN_KEYS = ForeignKeysInDatabase(("account_suspensions", "user_id", "users"))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_account_recovery")]

    operations = [
        migrations.AddField(
            model_name="accountdeletion",
            name="erases_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                help_text="When the grace period is over, in which it can be restored.",
            ),
        ),
        migrations.CreateModel(
            name="AccountSuspension",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="suspension",
                        serialize=False,
                        to="accounts.user",
                    ),
                ),
                (
                    "until",
                    models.DateTimeField(
                        blank=True, help_text="When it is over; empty if it is for good.", null=True
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
            ],
            options={
                "db_table": "account_suspensions",
                "indexes": [models.Index(models.F("until"), name="account_suspensions_until")],
            },
        ),
        migrations.RunSQL(FOREIGN_KEYS.create, FOREIGN_KEYS.drop),
    ]
