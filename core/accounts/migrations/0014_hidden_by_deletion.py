"""A deleted account is hidden too: with more of them than a page's list holds, the function is asked."""

from django.db import migrations

REPLACE = """
CREATE OR REPLACE FUNCTION hidden_by_relation(viewer bigint, muter bigint, other bigint)
RETURNS boolean STABLE LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM blocks WHERE blocker_id = viewer AND blocked_id = other)
        OR EXISTS (SELECT FROM blocks WHERE blocker_id = other AND blocked_id = viewer)
        OR EXISTS (SELECT FROM mutes WHERE muter_id = muter AND muted_id = other){deleted};
END $$;
"""
DELETED = """
        OR EXISTS (SELECT FROM account_deletions WHERE user_id = other)"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_looks_like")]
    operations = [migrations.RunSQL(REPLACE.format(deleted=DELETED), REPLACE.format(deleted=""))]
