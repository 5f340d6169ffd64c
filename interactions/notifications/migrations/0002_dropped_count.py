"""How many actors of a notification have no row any more, so that its count can be compared with the rows."""

from django.db import migrations, models

OF_ROWS = """
UPDATE notifications n SET dropped_count = n.actor_count - kept.actors
FROM (SELECT notification_id, count(DISTINCT actor_id) AS actors FROM notification_actors GROUP BY notification_id) kept
WHERE kept.notification_id = n.id AND n.actor_count > kept.actors
"""


class Migration(migrations.Migration):

    dependencies = [('notifications', '0001_initial')]

    operations = [
        migrations.AddField(
            model_name='notification',
            name='dropped_count',
            field=models.IntegerField(db_default=0, help_text='How many of the actors have no row any more.'),
        ),
        migrations.RunSQL(OF_ROWS, migrations.RunSQL.noop),
    ]
