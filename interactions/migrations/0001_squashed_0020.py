"""Comments, likes, shares, bookmarks; reports, archives of users' data, imported traces."""

import core.database.time_ordered_keys
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from core.database.time_ordered_keys import ForeignKeysInDatabase

# A viewer's likes and shares of a page are looked up by user and post, whatever the averages are: where the average user has
# fewer likes than a page has posts, PostgreSQL would read all likes of the viewer, hundreds of thousands of the most active,
# to find those of the page. The planner takes it that each user, and each liked post, has a hundred.
BY_PAIR = """
ALTER TABLE post_likes ALTER COLUMN user_id SET (n_distinct = -0.01);
ALTER TABLE post_likes ALTER COLUMN post_id SET (n_distinct = -0.01);
ALTER TABLE shares ALTER COLUMN user_id SET (n_distinct = -0.01);
"""


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("interactions", name)
        for name in """
        0001_initial 0002_trace_imports 0003_tombstones_are_replies 0004_transaction 0005_users_stay
        0006_text_is_nfc 0007_plain_descriptions 0008_bookmarks 0009_top_level_comments 0010_reports
        0011_data_exports 0012_text_entities 0013_comments_without_entities 0014_comment_edited_at
        0015_lists_of_comments 0016_likes_of_user 0017_likes_by_pair 0018_shares_by_pair
        0019_entities_until_found 0020_shares_by_key
        """.split()
    ]
    dependencies = [("feed", "0001_squashed_0023")]
    operations = [
        migrations.CreateModel(
            name='TraceImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.BinaryField(help_text="SHA-256 of the trace's lines, which identifies it.", max_length=32, unique=True)),
                ('lines', models.BigIntegerField(db_default=0, help_text='The number of lines loaded or skipped.')),
                ('people', models.BigIntegerField(db_default=0)),
                ('posts', models.BigIntegerField(db_default=0)),
                ('shares', models.BigIntegerField(db_default=0)),
                ('comments', models.BigIntegerField(db_default=0)),
                ('follows', models.BigIntegerField(db_default=0)),
                ('left_out', models.BigIntegerField(db_default=0, help_text='The number of rows that existed already or refer to missing rows.')),
                ('bad_lines', models.BigIntegerField(db_default=0)),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'trace_imports',
            },
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField(help_text="The text: 1 to 500 code points in Unicode's form NFC; empty after deletion.", max_length=500)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, help_text='When the comment was created.')),
                ('deleted_at', models.DateTimeField(blank=True, editable=False, help_text='When the comment was deleted, if it remains as a tombstone for its replies.', null=True)),
                ('like_count', models.IntegerField(db_default=0, editable=False, help_text='The number of users who like the comment. The same for every viewer.')),
                ('reply_count', models.IntegerField(db_default=0, editable=False, help_text='The number of direct replies, including tombstones that hold a live reply. The same for every viewer.')),
                ('author', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='comments', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='replies', to='interactions.comment')),
                ('post', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='comments', to='feed.post')),
                ('transaction', core.database.time_ordered_keys.TransactionField(db_default=core.database.time_ordered_keys.CurrentTransaction(), editable=False, null=True)),
                ('entities', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), editable=False, help_text="Three numbers for each mention, hashtag or link: where it starts, where it ends, and the user's key, minus the hashtag's key, or 0. Null if nobody has looked for them; clients are then shown a single segment, the whole text.", null=True, size=None)),
                ('edited_at', models.DateTimeField(blank=True, editable=False, help_text='When the text was last changed; null if never.', null=True)),
            ],
            options={
                'db_table': 'comments',
                'indexes': [
                    models.Index(models.F('post'), models.F('parent'), models.F('id'), name='comments_of_post'),
                    models.Index(models.F('post'), models.F('id'), condition=models.Q(('parent__isnull', True)), name='comments_top_level'),
                    models.Index(models.F('parent'), models.F('id'), condition=models.Q(('parent__isnull', False)), name='comments_replies'),
                    models.Index(models.F('author'), models.F('id'), name='comments_by_author'),
                    models.Index(models.F('post'), models.F('like_count'), models.F('id'), condition=models.Q(('parent__isnull', True)), name='comments_top'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('author__isnull', False), ('deleted_at__isnull', True), ('text__length__gte', 1), ('text__length__lte', 500)), models.Q(('author__isnull', True), ('deleted_at__isnull', False), ('text', '')), _connector='OR'), name='comments_live_or_tombstone'),
                    models.CheckConstraint(condition=models.Q(('like_count__gte', 0), ('reply_count__gte', 0)), name='comments_counts_not_negative'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CommentLike',
            fields=[
                ('pk', models.CompositePrimaryKey('user_id', 'comment_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('comment', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='likes', to='interactions.comment')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'comment_likes',
                'indexes': [models.Index(models.F('comment'), name='comment_likes_comment')],
            },
        ),
        migrations.CreateModel(
            name='DataExport',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('PENDING', 'Pending'), ('READY', 'Ready'), ('FAILED', 'Failed')], db_default='PENDING', max_length=10)),
                ('section', models.IntegerField(db_default=0, help_text='The kind of rows that is next.')),
                ('position', models.BigIntegerField(db_default=-1, help_text='The position of the last row of that kind.')),
                ('parts', models.IntegerField(db_default=0, help_text='How many parts there are.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('expires_at', models.DateTimeField(help_text='When it is deleted, once it has ended.', null=True)),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'data_exports',
                'indexes': [
                    models.Index(models.F('expires_at'), name='data_exports_expires_at'),
                    models.Index(models.F('created_at'), condition=models.Q(('state', 'PENDING')), name='data_exports_pending'),
                ],
                'constraints': [models.UniqueConstraint(models.F('user'), name='data_exports_user_unique')],
            },
        ),
        migrations.CreateModel(
            name='DataExportPart',
            fields=[
                ('pk', models.CompositePrimaryKey('export_id', 'number', blank=True, editable=False, primary_key=True, serialize=False)),
                ('export', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='interactions.dataexport')),
                ('number', models.IntegerField()),
                ('content', models.BinaryField()),
            ],
            options={
                'db_table': 'data_export_parts',
            },
        ),
        migrations.CreateModel(
            name='PostLike',
            fields=[
                ('pk', models.CompositePrimaryKey('user_id', 'post_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('post', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='likes', to='feed.post')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('transaction', core.database.time_ordered_keys.TransactionField(db_default=core.database.time_ordered_keys.CurrentTransaction(), editable=False, null=True)),
            ],
            options={
                'db_table': 'post_likes',
                'indexes': [
                    models.Index(models.F('post'), models.F('id'), name='post_likes_likers'),
                    models.Index(models.F('user'), models.F('id'), name='post_likes_of_user'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('subject_kind', models.CharField(help_text='What is reported: a post, a comment or a user.', max_length=10)),
                ('subject_id', models.BigIntegerField(help_text='The key of what is reported.')),
                ('reason', models.CharField(choices=[('SPAM', 'Spam'), ('ABUSE', 'Abuse'), ('VIOLENCE', 'Violence'), ('SEXUAL', 'Sexual'), ('SELF_HARM', 'Self Harm'), ('ILLEGAL', 'Illegal'), ('OTHER', 'Other')], max_length=20)),
                ('comment', models.TextField(db_default='', help_text='What the reporter adds.', max_length=500)),
                ('copy', models.JSONField(help_text='What is reported, as it was.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('closed_at', models.DateTimeField(editable=False, help_text='When a moderator has decided.', null=True)),
                ('outcome', models.CharField(db_default='', help_text='What the moderator has decided.', max_length=20)),
                ('author', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reporter', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'reports',
                'indexes': [
                    models.Index(models.F('subject_kind'), models.F('subject_id'), models.F('id'), name='reports_of_subject'),
                    models.Index(models.F('author'), name='reports_of_author'),
                    models.Index(models.F('id'), condition=models.Q(('closed_at', None)), name='reports_open'),
                ],
                'constraints': [models.UniqueConstraint(models.F('reporter'), models.F('subject_kind'), models.F('subject_id'), name='reports_subject_unique')],
            },
        ),
        migrations.CreateModel(
            name='Share',
            fields=[
                ('pk', models.CompositePrimaryKey('user_id', 'post_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('post', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='shares', to='feed.post')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='shares', to=settings.AUTH_USER_MODEL)),
                ('transaction', core.database.time_ordered_keys.TransactionField(db_default=core.database.time_ordered_keys.CurrentTransaction(), editable=False, null=True)),
            ],
            options={
                'db_table': 'shares',
                'indexes': [
                    models.Index(models.F('user'), models.F('id'), name='shares_of_user'),
                    models.Index(models.F('post'), models.F('id'), name='shares_sharers'),
                    models.Index(django.db.models.expressions.CombinedExpression(models.F('id'), '+', models.Value(0)), name='shares_by_key'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Bookmark',
            fields=[
                ('pk', models.CompositePrimaryKey('user_id', 'post_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('transaction', core.database.time_ordered_keys.TransactionField(db_default=core.database.time_ordered_keys.CurrentTransaction(), editable=False, null=True)),
                ('post', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='bookmarks', to='feed.post')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='bookmarks', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'bookmarks',
                'indexes': [
                    models.Index(models.F('user'), models.F('id'), name='bookmarks_of_user'),
                    models.Index(models.F('post'), name='bookmarks_of_post'),
                ],
            },
        ),
        ForeignKeysInDatabase(
            ("comments", "post_id", "posts"),
            ("comments", "parent_id", "comments"),
            ("post_likes", "post_id", "posts"),
            ("comment_likes", "comment_id", "comments"),
            ("shares", "post_id", "posts"),
            ("bookmarks", "post_id", "posts"),
            ("reports", "reporter_id", "users"),
            ("reports", "author_id", "users"),
            ("data_exports", "user_id", "users"),
            ("data_export_parts", "export_id", "data_exports"),
        ),
        # A user with rows in these is not deleted: they are removed first, with their counts and events.
        ForeignKeysInDatabase(
            ("comments", "author_id", "users"),
            ("post_likes", "user_id", "users"),
            ("comment_likes", "user_id", "users"),
            ("shares", "user_id", "users"),
            ("bookmarks", "user_id", "users"),
            on_delete="NO ACTION",
        ),
        migrations.RunSQL(BY_PAIR),
    ]
