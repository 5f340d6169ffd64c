import core.database.time_ordered_keys
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [("database", "0001_squashed_0002")]

    operations = [
        migrations.CreateModel(
            name='EventConsumer',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('transaction', models.BigIntegerField(help_text='Transaction of the last event handled.')),
                ('event', models.BigIntegerField(help_text='Number of the last event handled.')),
                ('microsecond', models.IntegerField(help_text="Microsecond of the last event's creation.")),
                ('attempts', models.IntegerField(db_default=0, help_text='Batches begun since one last succeeded.')),
                ('lease', models.BigIntegerField(help_text='Random; identifies the batch that holds the consumer.', null=True)),
                ('leased_until', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='When another batch may begin: when the lease ends, or after the pause of a failure.')),
                ('error', models.TextField(db_default='', help_text='Why the last batch failed.')),
            ],
            options={
                'db_table': 'event_consumers',
                'indexes': [models.Index(models.F('transaction'), models.F('event'), name='event_consumers_position')],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(help_text='The name of what is to be done.', max_length=60)),
                ('arguments', models.JSONField(default=dict, help_text='What it is to be done with.')),
                ('priority', models.IntegerField(db_default=1, help_text='0: high, 1: normal, 2: low. Due jobs of a higher priority run first.')),
                ('run_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='When it may be claimed: when it is due, or when the lease of its run ends.')),
                ('attempts', models.IntegerField(db_default=0, help_text='Runs begun since it last succeeded or was retried by hand.')),
                ('lost', models.IntegerField(db_default=0, help_text='Runs whose worker ended before them, among the attempts.')),
                ('lease', models.BigIntegerField(help_text='Random; identifies the run that holds the job. Null while none does.', null=True)),
                ('unique_key', models.CharField(help_text='A job is not added while one with the same key exists.', max_length=100, null=True, unique=True)),
                ('cause', models.CharField(help_text='The id of the request or event that caused it.', max_length=100, null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('failed_at', models.DateTimeField(help_text='When it failed for good. It runs again only if it is retried by hand.', null=True)),
                ('error', models.TextField(db_default='', help_text='Why the last attempt failed.')),
            ],
            options={
                'db_table': 'jobs',
                'indexes': [models.Index(models.F('priority'), models.F('run_at'), condition=models.Q(('failed_at', None)), name='jobs_due'), models.Index(models.F('failed_at'), condition=models.Q(('failed_at__isnull', False)), name='jobs_failed')],
            },
        ),
    ]
