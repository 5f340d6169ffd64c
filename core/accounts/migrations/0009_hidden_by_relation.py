"""Whether blocks or mutes hide a user: a function, since a statement sets up each subquery that it may never run."""

from django.db import migrations

CREATE = """
CREATE FUNCTION hidden_by_relation(viewer bigint, muter bigint, other bigint) RETURNS boolean STABLE LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM blocks WHERE blocker_id = viewer AND blocked_id = other)
        OR EXISTS (SELECT FROM blocks WHERE blocker_id = other AND blocked_id = viewer)
        OR EXISTS (SELECT FROM mutes WHERE muter_id = muter AND muted_id = other);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_worker")]
    operations = [
        migrations.RunSQL(CREATE, "DROP FUNCTION hidden_by_relation(bigint, bigint, bigint);")
    ]
