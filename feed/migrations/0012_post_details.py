"""Language, content warning, earlier versions and quotes of posts."""

import core.database.time_ordered_keys
import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from core.database.time_ordered_keys import ForeignKeysInDatabase

POSTS = ForeignKeysInDatabase(("post_edits", "post_id", "posts"))


class Migration(migrations.Migration):

    dependencies = [
        ('feed', '0011_posts_without_entities'),
    ]

    operations = [
        migrations.AddField(
            model_name='post',
            name='language',
            field=models.TextField(blank=True, help_text="The language of the text, as the author's client says: a BCP 47 tag such as `de` or `zh-Hant`; null if it is not known.", max_length=35, null=True),
        ),
        migrations.AddField(
            model_name='post',
            name='content_warning',
            field=models.TextField(blank=True, help_text='What the author warns of, to be shown in place of the post until the reader opens it; null if nothing.', max_length=100, null=True),
        ),
        migrations.AddField(
            model_name='post',
            name='quoted_post_id',
            field=models.BigIntegerField(blank=True, editable=False, help_text='The post that this one quotes. It stays when that is deleted.', null=True),
        ),
        migrations.AddField(
            model_name='post',
            name='quote_count',
            field=models.IntegerField(db_default=0, editable=False, help_text='The number of posts that quote the post. The same for every viewer.'),
        ),
        AddConstraintNotValid(
            model_name='post',
            constraint=models.CheckConstraint(condition=models.Q(('quote_count__gte', 0)), name='posts_quote_count_not_negative'),
        ),
        migrations.CreateModel(
            name='PostEdit',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField(help_text='The text that the post had.', max_length=500)),
                ('content_warning', models.TextField(help_text='The content warning that the post had; null if none.', max_length=100, null=True)),
                ('created_at', models.DateTimeField(help_text='When this version was written: when the post was created, or edited before.')),
                ('transaction', core.database.time_ordered_keys.TransactionField(db_default=core.database.time_ordered_keys.CurrentTransaction(), editable=False, null=True)),
                ('post', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='feed.post')),
            ],
            options={
                'db_table': 'post_edits',
                'indexes': [models.Index(models.F('post'), models.F('id'), name='post_edits_of_post')],
            },
        ),
        migrations.RunSQL(POSTS.create, POSTS.drop),
    ]
