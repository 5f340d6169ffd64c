"""Pictures."""

import core.database.time_ordered_keys
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from core.database.time_ordered_keys import ForeignKeysInDatabase


class Migration(migrations.Migration):
    initial = True
    replaces = [("media", "0001_initial"), ("media", "0002_of_profile")]
    dependencies = [("feed", "0001_squashed_0023")]
    operations = [
        migrations.CreateModel(
            name='Media',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('position', models.IntegerField(help_text='Its place in the post, from 1 on.', null=True)),
                ('is_avatar', models.BooleanField(db_default=False, help_text="Whether it is its owner's profile picture.")),
                ('alt_text', models.TextField(db_default='', help_text="What the picture shows, for who can't see it; empty if there is no such text.", max_length=1000)),
                ('content_type', models.CharField(help_text="The uploaded file's media type.", max_length=20)),
                ('byte_size', models.IntegerField(help_text="The uploaded file's length.")),
                ('state', models.CharField(db_default='UPLOADING', max_length=10)),
                ('failure', models.CharField(max_length=20, null=True)),
                ('width', models.IntegerField(null=True)),
                ('height', models.IntegerField(null=True)),
                ('placeholder', models.CharField(help_text='A ThumbHash in Base64, to show until the picture is loaded; null until it is ready.', max_length=60, null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('finished_at', models.DateTimeField(editable=False, help_text='When the client had sent the file.', null=True)),
                ('removed_at', models.DateTimeField(editable=False, help_text='Since when nobody can use it any more. Its files are then removed, and then the row.', null=True)),
                ('owner', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='media', to=settings.AUTH_USER_MODEL)),
                ('post', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='media', to='feed.post')),
            ],
            options={
                'verbose_name_plural': 'media',
                'db_table': 'media',
                'indexes': [
                    models.Index(models.F('post'), models.F('position'), name='media_of_post'),
                    models.Index(models.F('owner'), models.F('id'), name='media_of_owner'),
                    models.Index(models.F('owner'), models.F('post'), condition=models.Q(('position', 1)), name='media_of_profile'),
                    models.Index(models.F('owner'), models.F('created_at'), condition=models.Q(('is_avatar', False), ('post', None), ('removed_at', None)), name='media_unused_of_owner'),
                    models.Index(models.F('created_at'), condition=models.Q(('is_avatar', False), ('post', None), ('removed_at', None)), name='media_unused'),
                    models.Index(models.F('finished_at'), condition=models.Q(('state', 'PROCESSING')), name='media_processing'),
                    models.Index(models.F('removed_at'), condition=models.Q(('removed_at__isnull', False)), name='media_removed'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ('UPLOADING', 'PROCESSING', 'READY', 'FAILED'))), name='media_state_known'),
                    models.CheckConstraint(condition=models.Q(('byte_size__gte', 1), ('byte_size__lte', 8388608)), name='media_byte_size'),
                    models.CheckConstraint(condition=models.Q(('alt_text__length__lte', 1000)), name='media_alt_text_length'),
                    models.UniqueConstraint(models.F('owner'), condition=models.Q(('is_avatar', True)), name='media_avatar_unique'),
                ],
            },
        ),
        ForeignKeysInDatabase(("media", "owner_id", "users"), on_delete="NO ACTION"),
        ForeignKeysInDatabase(("media", "post_id", "posts"), on_delete="SET NULL"),
    ]
