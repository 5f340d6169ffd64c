"""Generates a key after its transaction's id, so that the keys of running transactions have a known lower bound."""

from django.db import migrations

KEY = "((extract(epoch FROM at) * 1000)::bigint - 1262304000000) << 22 | (nextval('key_sequence') & 4194303)"
FUNCTION = """
CREATE OR REPLACE FUNCTION time_ordered_key(at timestamptz DEFAULT clock_timestamp()) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$ SELECT {} $$;
"""
# CASE evaluates its condition before its result.
AFTER = FUNCTION.format(f"CASE WHEN pg_current_xact_id() IS NOT NULL THEN {KEY} END")
BEFORE = FUNCTION.format(KEY)


class Migration(migrations.Migration):
    dependencies = [("database", "0001_keys")]
    operations = [migrations.RunSQL(AFTER, BEFORE)]
