"""Home feeds that are kept, and their reasons."""

import core.database.time_ordered_keys
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feed', '0005_plain_descriptions'),
    ]

    operations = [
        migrations.CreateModel(
            name='HomeFeedProgress',
            fields=[
                ('id', models.IntegerField(help_text='1.', primary_key=True, serialize=False)),
                ('transaction', models.BigIntegerField(help_text='Transaction of the event.')),
                ('event', models.BigIntegerField(help_text='Number of the event.')),
                ('follow', models.BigIntegerField(db_default=0, help_text='The follow up to which followers have the reason of the next event, if its actor has very many.')),
            ],
            options={
                'db_table': 'home_feed_progress',
            },
        ),
        migrations.CreateModel(
            name='HomeFeed',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('reader_id', models.BigIntegerField(help_text='The user whose home feed it is.')),
                ('floor', models.BigIntegerField(help_text='No reason from this position on is missing; 0 if none at all is.')),
                ('built_transaction', models.BigIntegerField(help_text='All transactions below this had ended when the feed was built.')),
                ('is_adopted', models.BooleanField(db_default=False, help_text='Whether the worker adds new reasons to it.')),
                ('built_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('trimmed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='When reasons past the limit were last removed.')),
                ('retired_at', models.DateTimeField(help_text='Since when it is not used any more. Its rows are then removed.', null=True)),
            ],
            options={
                'db_table': 'home_feeds',
                'indexes': [models.Index(models.F('id'), condition=models.Q(('is_adopted', False), ('retired_at', None)), name='home_feeds_new'), models.Index(models.F('trimmed_at'), condition=models.Q(('retired_at', None)), name='home_feeds_trimmed'), models.Index(models.F('retired_at'), condition=models.Q(('retired_at__isnull', False)), name='home_feeds_retired')],
                'constraints': [models.UniqueConstraint(models.F('reader_id'), condition=models.Q(('retired_at', None)), name='home_feeds_reader_unique')],
            },
        ),
        migrations.CreateModel(
            name='HomeFeedReason',
            fields=[
                ('pk', models.CompositePrimaryKey('feed_id', 'position', blank=True, editable=False, primary_key=True, serialize=False)),
                ('feed_id', models.BigIntegerField(help_text='The kept feed.')),
                ('position', models.BigIntegerField(help_text='The key of the post, or of the share.')),
                ('post_id', models.BigIntegerField(help_text='The post.')),
                ('sharer_id', models.BigIntegerField(help_text='The user who shared the post; null where it was written.', null=True)),
                ('transaction', models.BigIntegerField(help_text='The transaction that wrote or shared the post, as its row has it.', null=True)),
            ],
            options={
                'db_table': 'home_feed_reasons',
                'indexes': [models.Index(models.F('feed_id'), models.F('post_id'), condition=models.Q(('sharer_id__isnull', False)), name='home_feed_reasons_shares')],
            },
        ),
    ]
