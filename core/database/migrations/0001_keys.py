from django.db import migrations

CREATE = """
CREATE SEQUENCE key_sequence;
CREATE FUNCTION time_ordered_key(at timestamptz DEFAULT clock_timestamp()) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT ((extract(epoch FROM at) * 1000)::bigint - 1262304000000) << 22 | (nextval('key_sequence') & 4194303)
$$;
"""
DROP = """
DROP FUNCTION time_ordered_key(timestamptz);
DROP SEQUENCE key_sequence;
"""


class Migration(migrations.Migration):
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunSQL(CREATE, DROP)]
