"""A tombstone counts as a reply of its parent: it stays only as long as it holds a live reply."""

from django.db import migrations, models

COUNTED = """
UPDATE comments c SET reply_count = c.reply_count {sign} held.n
FROM (
    SELECT parent_id, count(*) AS n FROM comments
    WHERE deleted_at IS NOT NULL AND parent_id IS NOT NULL GROUP BY parent_id
) held WHERE c.id = held.parent_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ("interactions", "0002_trace_imports"),
    ]

    operations = [
        migrations.AlterField(
            model_name="comment",
            name="reply_count",
            field=models.IntegerField(
                db_default=0,
                editable=False,
                help_text="How many direct replies it has, tombstones that hold a live reply among them. "
                "The same for every viewer.",
            ),
        ),
        migrations.RunSQL(COUNTED.format(sign="+"), COUNTED.format(sign="-")),
    ]
