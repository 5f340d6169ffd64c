"""Names the function that deletes an account in the error of a plain DELETE."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_user_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM account_deletions WHERE user_id = OLD.id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'A user is not deleted by DELETE: counts would be wrong, and nobody would be notified. '
        'Use core.accounts.moderation.%(name)s(user) or the admin; `manage.py maintain` removes the rest.'
        USING ERRCODE = 'restrict_violation', TABLE = 'users', CONSTRAINT = 'users_deleted_by_%(name)s';
END $$;
"""
RENAME = "ALTER TRIGGER users_deleted_by_%s ON users RENAME TO users_deleted_by_%s;"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_plain_descriptions")]
    operations = [
        migrations.RunSQL(
            [FUNCTION % {"name": "user_delete"}, RENAME % ("person_delete", "user_delete")],
            [FUNCTION % {"name": "person_delete"}, RENAME % ("user_delete", "person_delete")],
        )
    ]
