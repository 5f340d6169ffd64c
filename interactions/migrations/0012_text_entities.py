"""Mentions, hashtags and links in comments."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feed', '0010_text_entities'),
        ('interactions', '0011_data_exports'),
    ]

    operations = [
        migrations.AddField(
            model_name='comment',
            name='entities',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), editable=False, help_text="Three numbers for each mention, hashtag or link: where it starts, where it ends, and the user's key, minus the hashtag's key, or 0. Null until they have been looked for.", null=True, size=None),
        ),
    ]
