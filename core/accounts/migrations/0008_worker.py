"""Names the worker in the error of a plain DELETE."""

import django.db.models.functions.datetime
from django.db import migrations, models

FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_user_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM account_deletions WHERE user_id = OLD.id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'A user is not deleted by DELETE: counts would be wrong, and nobody would be notified. '
        'Use core.accounts.moderation.user_delete(user) or the admin; %s removes the rest.'
        USING ERRCODE = 'restrict_violation', TABLE = 'users', CONSTRAINT = 'users_deleted_by_user_delete';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_user_delete")]
    operations = [
        migrations.RunSQL(FUNCTION.replace("%s", "the worker"), FUNCTION.replace("%s", "`manage.py maintain`")),
        migrations.AlterField(
            model_name='accountdeletion',
            name='attempts',
            field=models.IntegerField(db_default=0, help_text='Unused; kept for servers of the version before.'),
        ),
        migrations.AlterField(
            model_name='accountdeletion',
            name='next_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='Unused; kept for servers of the version before.'),
        ),
    ]
