"""Time-ordered keys.

A key is generated after its transaction's id, so that the keys of running transactions have a known lower bound.
"""

from django.db import migrations

# CASE evaluates its condition before its result.
CREATE = """
CREATE SEQUENCE key_sequence;
CREATE FUNCTION time_ordered_key(at timestamptz DEFAULT clock_timestamp()) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT CASE WHEN pg_current_xact_id() IS NOT NULL
        THEN ((extract(epoch FROM at) * 1000)::bigint - 1262304000000) << 22 | (nextval('key_sequence') & 4194303) END
$$;
"""


class Migration(migrations.Migration):
    replaces = [("database", "0001_keys"), ("database", "0002_keys_after_transactions")]
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunSQL(CREATE)]
