"""Notifications, their actors, how far they were seen, and settings."""

import core.database.time_ordered_keys
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.database.time_ordered_keys import ForeignKeysInDatabase


class Migration(migrations.Migration):
    initial = True
    replaces = [("notifications", "0001_initial"), ("notifications", "0002_dropped_count"), ("notifications", "0003_dropped_actors")]
    dependencies = [("accounts", "0001_squashed_0021")]
    operations = [
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('kind', models.SmallIntegerField()),
                ('thing_id', models.BigIntegerField(help_text="The post or comment that it is about; 0 for the recipient's account.")),
                ('post_id', models.BigIntegerField(help_text='The post that it is about, or that has the comment.', null=True)),
                ('comment_id', models.BigIntegerField(help_text='The comment that it is about.', null=True)),
                ('position', models.BigIntegerField(help_text='When the last actor was added, in microseconds since 1970. A recipient has no two of the same.')),
                ('actor_count', models.IntegerField(help_text='How many actors there are, also those whose rows are not kept.')),
                ('recipient', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dropped_count', models.IntegerField(db_default=0, help_text='How many of the actors have no row any more.')),
            ],
            options={
                'db_table': 'notifications',
                'indexes': [
                    models.Index(models.F('recipient'), models.F('position'), name='notifications_of_recipient'),
                    models.Index(models.F('recipient'), models.F('thing_id'), models.F('kind'), models.F('id'), name='notifications_of_thing'),
                    models.Index(models.F('post_id'), condition=models.Q(('post_id__isnull', False)), name='notifications_of_post'),
                ],
                'constraints': [models.CheckConstraint(condition=models.Q(('actor_count__gte', 0)), name='notifications_count_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='NotificationActor',
            fields=[
                ('pk', models.CompositePrimaryKey('notification_id', 'actor_id', 'subject_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False)),
                ('recipient_id', models.BigIntegerField(help_text='As of the notification, and so are the next two.')),
                ('thing_id', models.BigIntegerField()),
                ('kind', models.SmallIntegerField()),
                ('subject_id', models.BigIntegerField(help_text='The comment or post by which the actor is in it; 0 where there is none.')),
                ('actor', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('notification', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='notifications.notification')),
            ],
            options={
                'db_table': 'notification_actors',
                'indexes': [
                    models.Index(models.F('notification'), models.F('id'), name='notification_actors_newest'),
                    models.Index(models.F('actor'), models.F('recipient_id'), models.F('thing_id'), models.F('kind'), name='notification_actors_of_actor'),
                    models.Index(models.F('subject_id'), condition=models.Q(('subject_id__gt', 0)), name='notification_actors_of_subject'),
                ],
            },
        ),
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
        migrations.CreateModel(
            name='NotificationInbox',
            fields=[
                ('user', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('seen_through', models.BigIntegerField(db_default=0, help_text='The position up to which the user has seen them.')),
                ('last_position', models.BigIntegerField(db_default=0, help_text='The highest position that a notification has had.')),
                ('added', models.IntegerField(db_default=0, help_text='How many were added since the oldest were removed.')),
            ],
            options={
                'db_table': 'notification_inboxes',
                'indexes': [models.Index(models.F('user'), condition=models.Q(('added__gte', 200)), name='notification_inboxes_grown')],
            },
        ),
        migrations.CreateModel(
            name='NotificationSetting',
            fields=[
                ('pk', models.CompositePrimaryKey('user_id', 'kind', blank=True, editable=False, primary_key=True, serialize=False)),
                ('kind', models.SmallIntegerField()),
                ('allow_from', models.SmallIntegerField(db_default=0)),
                ('push', models.BooleanField(db_default=True)),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'notification_settings',
                'constraints': [models.CheckConstraint(condition=models.Q(('allow_from__gte', 0), ('allow_from__lte', 2)), name='notification_settings_audience')],
            },
        ),
        ForeignKeysInDatabase(
            ("notifications", "recipient_id", "users"),
            ("notification_actors", "notification_id", "notifications"),
            ("notification_dropped_actors", "notification_id", "notifications"),
            ("notification_inboxes", "user_id", "users"),
            ("notification_settings", "user_id", "users"),
        ),
        ForeignKeysInDatabase(("notification_actors", "actor_id", "users"), on_delete="NO ACTION"),
    ]
