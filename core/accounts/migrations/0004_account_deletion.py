"""Accounts are deleted in one way: hidden at once, and removed in small steps. The database refuses any other."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from core.database.time_ordered_keys import ForeignKeysInDatabase

DELETIONS = ForeignKeysInDatabase(("account_deletions", "user_id", "users"))
COUNTED = (("follows", "follower_id", "users"), ("follows", "followee_id", "users"))
HELD = ForeignKeysInDatabase(*COUNTED, on_delete="NO ACTION")
CASCADING = ForeignKeysInDatabase(*COUNTED)
GUARD = """
CREATE FUNCTION refuse_user_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM account_deletions WHERE user_id = OLD.id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'A user is not deleted by DELETE: counts would be wrong, and nobody would be notified. '
        'Use core.accounts.moderation.person_delete(user) or the admin; `manage.py maintain` removes the rest.'
        USING ERRCODE = 'restrict_violation', TABLE = 'users', CONSTRAINT = 'users_deleted_by_person_delete';
END $$;
CREATE TRIGGER users_deleted_by_person_delete BEFORE DELETE ON users
FOR EACH ROW EXECUTE FUNCTION refuse_user_delete();
"""
NO_GUARD = """
DROP TRIGGER users_deleted_by_person_delete ON users;
DROP FUNCTION refuse_user_delete();
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0003_transaction")]

    operations = [
        migrations.CreateModel(
            name="AccountDeletion",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="deletion",
                        serialize=False,
                        to="accounts.user",
                    ),
                ),
                (
                    "requested_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "attempts",
                    models.IntegerField(db_default=0, help_text="How often removing has failed."),
                ),
                (
                    "next_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        help_text="When removing goes on.",
                    ),
                ),
            ],
            options={
                "db_table": "account_deletions",
                "indexes": [
                    models.Index(models.F("next_at"), name="account_deletions_next_at")
                ],
            },
        ),
        migrations.CreateModel(
            name="FormerUsername",
            fields=[
                (
                    "username",
                    models.CharField(max_length=30, primary_key=True, serialize=False),
                ),
            ],
            options={"db_table": "former_usernames"},
        ),
        migrations.RunSQL(DELETIONS.create, DELETIONS.drop),
        migrations.RunSQL(HELD.replace, CASCADING.replace),
        migrations.RunSQL([GUARD], [NO_GUARD]),
    ]
