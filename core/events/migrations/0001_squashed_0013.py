"""The event log."""

import core.database.time_ordered_keys
import django.contrib.postgres.functions
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("events", name)
        for name in """
        0001_initial 0002_created_at_of_transaction 0003_unfollowed 0004_recent_revocations
        0005_plain_descriptions 0006_of_reasons 0007_of_relations 0008_event_parent 0009_of_notifications
        0010_of_hiding 0011_of_visibility 0012_of_whole_feeds 0013_of_blocked
        """.split()
    ]
    dependencies = [("database", "0001_squashed_0002")]
    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('transaction', models.BigIntegerField(db_default=core.database.time_ordered_keys.CurrentTransaction(), editable=False)),
                ('kind', models.CharField(help_text='The type of the event, in the past tense: post_liked.', max_length=24)),
                ('actor_id', models.BigIntegerField(help_text='The user who acted.')),
                ('post_id', models.BigIntegerField(help_text='The post concerned.', null=True)),
                ('subject_id', models.BigIntegerField(help_text='The comment, user or session concerned, depending on the kind.', null=True)),
                ('client_mutation_id', models.CharField(help_text='The clientMutationId of the request, by which a client recognizes its own change.', max_length=100, null=True)),
                ('created_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False, help_text='When the transaction began.')),
                ('parent_id', models.BigIntegerField(help_text='Of a deleted comment: the nearest one above it that remains.', null=True)),
            ],
            options={
                'db_table': 'events',
                'indexes': [
                    models.Index(models.F('transaction'), models.F('id'), name='events_position'),
                    models.Index(models.F('post_id'), models.F('transaction'), models.F('id'), name='events_of_post'),
                    models.Index(models.F('actor_id'), models.F('transaction'), models.F('id'), condition=models.Q(('kind__in', ('post_created', 'post_deleted', 'post_shared', 'post_unshared'))), name='events_of_actor'),
                    models.Index(models.F('transaction'), models.F('id'), condition=models.Q(('kind__in', ('post_created', 'post_shared'))), name='events_of_reasons'),
                    models.Index(models.F('transaction'), models.F('id'), condition=models.Q(('kind', 'session_revoked')), name='events_revocations'),
                    models.Index(models.F('kind'), models.F('transaction'), models.F('id'), condition=models.Q(('kind__in', ('post_deleted', 'comment_deleted', 'user_deleted', 'user_privacy_changed', 'user_restored'))), name='events_of_visibility'),
                    models.Index(models.F('actor_id'), models.F('transaction'), models.F('id'), condition=models.Q(('kind__in', ('user_followed', 'user_unfollowed', 'user_blocked', 'user_unblocked', 'user_muted', 'user_unmuted', 'post_mention_changed'))), name='events_of_whole_feeds'),
                    models.Index(models.F('subject_id'), models.F('transaction'), models.F('id'), condition=models.Q(('kind__in', ('user_blocked', 'user_unblocked'))), name='events_of_blocked'),
                    models.Index(models.F('actor_id'), models.F('transaction'), models.F('id'), condition=models.Q(('kind__in', ('notification_added', 'notification_changed', 'notification_removed', 'notifications_seen'))), name='events_of_notifications'),
                    models.Index(models.F('actor_id'), models.F('subject_id'), condition=models.Q(('kind', 'user_unfollowed')), name='events_unfollowed'),
                    models.Index(models.F('created_at'), condition=models.Q(('kind', 'session_revoked')), name='events_recent_revocations'),
                ],
            },
        ),
    ]
