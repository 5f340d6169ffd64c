"""Names of devices, verified and pending addresses, and the tokens of mails.

Accounts of before count as verified. A trigger ends the tokens of a user whose password or address changes, so that no
way of changing them can be forgotten.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import core.database.time_ordered_keys
from core.database.time_ordered_keys import ForeignKeysInDatabase

FOREIGN_KEYS = ForeignKeysInDatabase(("account_tokens", "user_id", "users"))
TRIGGER = """
CREATE FUNCTION end_account_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM account_tokens WHERE user_id = OLD.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_credentials_changed AFTER UPDATE OF password, email ON users FOR EACH ROW
    WHEN (OLD.password <> NEW.password OR OLD.email <> NEW.email) EXECUTE FUNCTION end_account_tokens();
"""
NO_TRIGGER = """
DROP TRIGGER users_credentials_changed ON users;
DROP FUNCTION end_account_tokens();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_hidden_by_relation")]

    operations = [
        migrations.AddField(
            model_name="session",
            name="device_name",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="What the client calls the device; empty if it has not said.",
                max_length=60,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="email_verified",
            field=models.BooleanField(
                db_default=True,
                help_text="Whether the user has shown that mail to the address arrives.",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="pending_email",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="The address that replaces the present one as soon as it is verified.",
                max_length=254,
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="AccountToken",
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
                ("purpose", models.CharField(help_text="What the token is for.", max_length=20)),
                ("token_hash", models.BinaryField(help_text="SHA-256 of the token.", max_length=32)),
                (
                    "email",
                    models.CharField(help_text="The address it is mailed to.", max_length=254),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("expires_at", models.DateTimeField(help_text="When it is refused.")),
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
                "db_table": "account_tokens",
                "indexes": [
                    models.Index(models.F("user_id"), name="account_tokens_user"),
                    models.Index(models.F("expires_at"), name="account_tokens_expires_at"),
                ],
            },
        ),
        migrations.RunSQL(FOREIGN_KEYS.create, FOREIGN_KEYS.drop),
        migrations.RunSQL([TRIGGER], [NO_TRIGGER]),
    ]
