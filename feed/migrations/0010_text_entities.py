"""Mentions, hashtags and links in posts. Each row of post_hashtags is counted on its hashtag by a trigger."""

import core.database.time_ordered_keys
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.database.time_ordered_keys import ForeignKeysInDatabase

CASCADING = ForeignKeysInDatabase(
    ("post_hashtags", "hashtag_id", "hashtags"),
    ("post_hashtags", "post_id", "posts"),
    ("post_mentions", "post_id", "posts"),
)
USERS = ForeignKeysInDatabase(("post_mentions", "user_id", "users"), on_delete="NO ACTION")

# The hashtags are locked by key, so that no two writers wait for each other.
COUNT = """
CREATE FUNCTION post_hashtags_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM hashtags WHERE id IN (SELECT hashtag_id FROM changed) ORDER BY id FOR NO KEY UPDATE;
    UPDATE hashtags h SET post_count = h.post_count + CASE TG_OP WHEN 'INSERT' THEN n.times ELSE -n.times END
    FROM (SELECT hashtag_id, count(*)::int AS times FROM changed GROUP BY hashtag_id) n
    WHERE h.id = n.hashtag_id;
    RETURN NULL;
END $$;
CREATE TRIGGER post_hashtags_added AFTER INSERT ON post_hashtags REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION post_hashtags_count();
CREATE TRIGGER post_hashtags_removed AFTER DELETE ON post_hashtags REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION post_hashtags_count();
"""
BACK = """
DROP TRIGGER post_hashtags_added ON post_hashtags;
DROP TRIGGER post_hashtags_removed ON post_hashtags;
DROP FUNCTION post_hashtags_count();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('feed', '0009_bookmark_count_valid'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='post',
            name='entities',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), editable=False, help_text="Three numbers for each mention, hashtag or link: where it starts, where it ends, and the user's key, minus the hashtag's key, or 0. Null until they have been looked for.", null=True, size=None),
        ),
        migrations.CreateModel(
            name='Hashtag',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('name', models.TextField(help_text="The hashtag without its sign, in Unicode's form NFKC with folded case: 1 to 100 code points.", unique=True)),
                ('post_count', models.IntegerField(db_default=0, editable=False, help_text='The number of posts with the hashtag. The same for every viewer.')),
            ],
            options={
                'db_table': 'hashtags',
                'constraints': [models.CheckConstraint(condition=models.Q(('post_count__gte', 0)), name='hashtags_post_count_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='PostHashtag',
            fields=[
                ('pk', models.CompositePrimaryKey('hashtag_id', 'post_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('transaction', core.database.time_ordered_keys.TransactionField(db_default=core.database.time_ordered_keys.CurrentTransaction(), editable=False, null=True)),
                ('hashtag', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='feed.hashtag')),
                ('post', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='feed.post')),
            ],
            options={
                'db_table': 'post_hashtags',
                'indexes': [models.Index(models.F('post'), name='post_hashtags_of_post')],
            },
        ),
        migrations.CreateModel(
            name='PostMention',
            fields=[
                ('pk', models.CompositePrimaryKey('post_id', 'user_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('transaction', core.database.time_ordered_keys.TransactionField(db_default=core.database.time_ordered_keys.CurrentTransaction(), editable=False, null=True)),
                ('post', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='feed.post')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'post_mentions',
                'indexes': [models.Index(models.F('user'), models.F('post'), name='post_mentions_of_user')],
            },
        ),
        migrations.RunSQL(CASCADING.create + USERS.create + COUNT, BACK + USERS.drop + CASCADING.drop),
    ]
