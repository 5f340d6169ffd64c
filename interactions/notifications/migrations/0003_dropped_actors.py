"""The actors of a notification that have no row any more, so that each is counted once."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from core.database.time_ordered_keys import ForeignKeysInDatabase

CASCADING = ForeignKeysInDatabase(("notification_dropped_actors", "notification_id", "notifications"))
# Reads `notifications` and locks no row; only those with over a hundred actors have such a list. The constraint, for which
# writers wait, comes after it.
UNKNOWN = """
INSERT INTO notification_dropped_actors (notification_id, part, actors)
SELECT id, 0, array_fill(0::bigint, ARRAY[dropped_count]) FROM notifications WHERE dropped_count > 0;
"""


class Migration(migrations.Migration):

    dependencies = [('notifications', '0002_dropped_count')]

    operations = [
        migrations.CreateModel(
            name='NotificationDroppedActors',
            fields=[
                ('pk', models.CompositePrimaryKey('notification_id', 'part', blank=True, editable=False, primary_key=True, serialize=False)),
                ('part', models.SmallIntegerField(help_text='The remainder of their keys by 64.')),
                ('actors', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), help_text='Their keys; 0 for one that is not known.', size=None)),
                ('notification', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='notifications.notification')),
            ],
            options={
                'db_table': 'notification_dropped_actors',
            },
        ),
        migrations.RunSQL(UNKNOWN + CASCADING.create, CASCADING.drop),
    ]
