"""Says in the description of entities when there are none, and what clients are shown then."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feed', '0018_home_feed_news'),
    ]

    operations = [
        migrations.AlterField(
            model_name='post',
            name='entities',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), editable=False, help_text="Three numbers for each mention, hashtag or link: where it starts, where it ends, and the user's key, minus the hashtag's key, or 0. Null for a text that was imported, or is from before this column, until a job of the worker has found them; until then clients are shown a single segment, the whole text.", null=True, size=None),
        ),
    ]
