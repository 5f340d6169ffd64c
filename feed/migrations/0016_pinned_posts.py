"""Pinned posts."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.database.time_ordered_keys import ForeignKeysInDatabase

KEYS = ForeignKeysInDatabase(("pinned_posts", "user_id", "users"), ("pinned_posts", "post_id", "posts"))


class Migration(migrations.Migration):

    dependencies = [
        ('feed', '0015_post_visibility_in_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PinnedPost',
            fields=[
                ('user', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('post', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='feed.post')),
            ],
            options={
                'db_table': 'pinned_posts',
                'indexes': [models.Index(models.F('post'), name='pinned_posts_of_post')],
            },
        ),
        migrations.RunSQL(KEYS.create, KEYS.drop),
    ]
