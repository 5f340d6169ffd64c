"""A new hash of the same password ends no token of a mail. Only the trigger's function changes, so nothing is locked."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION end_account_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {unless}DELETE FROM account_tokens WHERE user_id = OLD.id;{end}
    RETURN NULL;
END
$$;
"""
# Who stores the hash says so, for this hash and transaction alone: whatever else changes the password ends the tokens.
UNLESS = (
    "IF OLD.email <> NEW.email OR NEW.password IS DISTINCT FROM current_setting('accounts.rehashed', true) THEN\n"
    "        "
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0020_active_is_not_deleted")]
    operations = [
        migrations.RunSQL(
            FUNCTION.format(unless=UNLESS, end="\n    END IF;"), FUNCTION.format(unless="", end="")
        )
    ]
