"""Posts, and the home feeds that are kept."""

import core.database.time_ordered_keys
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from core.database.time_ordered_keys import ForeignKeysInDatabase

# A kept home feed is retired in the transaction in which its reader follows or unfollows, by a trigger.
RETIRE = """
CREATE FUNCTION home_feeds_retire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE home_feeds SET retired_at = now()
    WHERE retired_at IS NULL AND reader_id IN (SELECT follower_id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER home_feeds_follow AFTER INSERT ON follows REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION home_feeds_retire();
CREATE TRIGGER home_feeds_unfollow AFTER DELETE ON follows REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION home_feeds_retire();
"""
# Who may read a post: a function, since a statement sets up each subquery that it may never run.
READABLE = """
CREATE FUNCTION post_readable(viewer bigint, post bigint, author bigint, visibility integer) RETURNS boolean
STABLE LANGUAGE plpgsql AS $$
BEGIN
    IF visibility = 2 THEN
        RETURN EXISTS (SELECT FROM post_mentions WHERE post_id = post AND user_id = viewer);
    END IF;
    RETURN EXISTS (SELECT FROM follows WHERE follower_id = viewer AND followee_id = author);
END $$;
"""
# The reasons of a home feed that the worker has not added to the kept one yet. A function for the same reason.
NEWS = """
CREATE FUNCTION home_feed_news(viewer bigint, feed bigint, after_transaction bigint, after_event bigint)
RETURNS TABLE ("position" bigint, post_id bigint, sharer_id bigint, transaction bigint)
STABLE ROWS 10 LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH news AS MATERIALIZED (
        SELECT DISTINCT kind, actor_id, post_id FROM events
        WHERE kind IN ('post_created', 'post_shared') AND (transaction, id) > (after_transaction, after_event)
    )
    SELECT r.* FROM (
        SELECT p.id AS "position", p.id, NULL::bigint, p.transaction
        FROM news n JOIN posts p ON p.id = n.post_id
        WHERE n.kind = 'post_created' AND (n.actor_id = viewer
            OR EXISTS (SELECT FROM follows WHERE follower_id = viewer AND followee_id = n.actor_id OFFSET 0))
        UNION ALL
        SELECT x.id, x.post_id, x.user_id, x.transaction
        FROM news n JOIN shares x ON x.user_id = n.actor_id AND x.post_id = n.post_id
        WHERE n.kind = 'post_shared'
            AND EXISTS (SELECT FROM follows WHERE follower_id = viewer AND followee_id = n.actor_id OFFSET 0)
            AND NOT hidden_by_relation(viewer, viewer, n.actor_id)
    ) r
    WHERE NOT EXISTS (SELECT FROM home_feed_reasons k WHERE k.feed_id = feed AND k."position" = r."position" OFFSET 0);
END $$;
"""
# Each row of post_hashtags that everybody may see is counted on its hashtag. The hashtags are locked by key, so that no two
# writers wait for each other.
COUNT = """
CREATE FUNCTION post_hashtags_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM hashtags WHERE id IN (SELECT hashtag_id FROM changed WHERE is_public) ORDER BY id FOR NO KEY UPDATE;
    UPDATE hashtags h SET post_count = h.post_count + CASE TG_OP WHEN 'INSERT' THEN n.times ELSE -n.times END
    FROM (SELECT hashtag_id, count(*)::int AS times FROM changed WHERE is_public GROUP BY hashtag_id) n
    WHERE h.id = n.hashtag_id;
    RETURN NULL;
END $$;
CREATE TRIGGER post_hashtags_added AFTER INSERT ON post_hashtags REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION post_hashtags_count();
CREATE TRIGGER post_hashtags_removed AFTER DELETE ON post_hashtags REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION post_hashtags_count();

CREATE FUNCTION post_hashtags_judge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.is_public := EXISTS (
        SELECT FROM posts p JOIN users a ON a.id = p.author_id
        WHERE p.id = NEW.post_id AND p.visibility = 0 AND NOT a.is_private
        AND (a.is_active OR NOT account_is_deleted(a.id))
    );
    RETURN NEW;
END $$;
CREATE TRIGGER post_hashtags_judged BEFORE INSERT ON post_hashtags FOR EACH ROW EXECUTE FUNCTION post_hashtags_judge();

CREATE FUNCTION post_hashtags_recount() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM hashtags WHERE id IN (SELECT hashtag_id FROM changed) ORDER BY id FOR NO KEY UPDATE;
    UPDATE hashtags h SET post_count = h.post_count + n.more
    FROM (
        SELECT hashtag_id, sum(by)::int AS more
        FROM (SELECT hashtag_id, is_public::int AS by FROM changed UNION ALL SELECT hashtag_id, -is_public::int FROM before) x
        GROUP BY hashtag_id HAVING sum(by) <> 0
    ) n
    WHERE h.id = n.hashtag_id;
    RETURN NULL;
END $$;
CREATE TRIGGER post_hashtags_changed AFTER UPDATE ON post_hashtags REFERENCING OLD TABLE AS before NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION post_hashtags_recount();
"""
# Which posts everybody may see changes with their author: a job of the worker judges them again.
RECOUNT = """
CREATE FUNCTION hashtags_follow_privacy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO jobs (kind, arguments, priority) VALUES ('hashtags_recount', jsonb_build_object('author', NEW.id), 1);
    RETURN NULL;
END $$;
CREATE TRIGGER users_privacy_counted AFTER UPDATE OF is_private ON users FOR EACH ROW
    WHEN (OLD.is_private <> NEW.is_private) EXECUTE FUNCTION hashtags_follow_privacy();

CREATE FUNCTION hashtags_follow_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Account 1 holds posts that are being removed, without hashtags.
    INSERT INTO jobs (kind, arguments, priority)
    SELECT 'hashtags_recount', jsonb_build_object('author', id), 1 FROM (SELECT coalesce(NEW.user_id, OLD.user_id) AS id) x
    WHERE id <> 1;
    RETURN NULL;
END $$;
CREATE TRIGGER account_deletions_counted AFTER INSERT OR DELETE ON account_deletions FOR EACH ROW
    EXECUTE FUNCTION hashtags_follow_deletion();
"""


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("feed", name)
        for name in """
        0001_initial 0002_transaction 0003_authors_stay 0004_text_is_nfc 0005_plain_descriptions
        0006_kept_home_feeds 0007_home_feeds_retire 0008_bookmark_count 0009_bookmark_count_valid
        0010_text_entities 0011_posts_without_entities 0012_post_details 0013_quotes 0014_post_visibility
        0015_post_visibility_in_index 0016_pinned_posts 0017_hashtags_name_prefix 0018_home_feed_news
        0019_entities_until_found 0020_posts_by_hash 0021_edited_at_description 0022_public_hashtag_posts
        0023_shares_of_post_in_order
        """.split()
    ]
    dependencies = [
        ("accounts", "0001_squashed_0021"),
        ("events", "0001_squashed_0013"),
        ("jobs", "0001_initial"),
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
            name='Hashtag',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('name', models.TextField(help_text="The hashtag without its sign, in Unicode's form NFKC with folded case: 1 to 100 code points.", unique=True)),
                ('post_count', models.IntegerField(db_default=0, editable=False, help_text='The number of posts with the hashtag that everybody may see, apart from blocks. The same for every viewer.')),
            ],
            options={
                'db_table': 'hashtags',
                'indexes': [models.Index(fields=['name'], name='hashtags_name_prefix', opclasses=['text_pattern_ops'])],
                'constraints': [models.CheckConstraint(condition=models.Q(('post_count__gte', 0)), name='hashtags_post_count_not_negative')],
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
                'indexes': [
                    models.Index(models.F('id'), condition=models.Q(('is_adopted', False), ('retired_at', None)), name='home_feeds_new'),
                    models.Index(models.F('trimmed_at'), condition=models.Q(('retired_at', None)), name='home_feeds_trimmed'),
                    models.Index(models.F('retired_at'), condition=models.Q(('retired_at__isnull', False)), name='home_feeds_retired'),
                ],
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
                'indexes': [models.Index(models.F('feed_id'), models.F('post_id'), models.F('position'), condition=models.Q(('sharer_id__isnull', False)), name='home_feed_shares_of_post')],
            },
        ),
        migrations.CreateModel(
            name='Post',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField(help_text="The text: 1 to 500 code points in Unicode's form NFC.", max_length=500)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, help_text='When the post was created.')),
                ('edited_at', models.DateTimeField(blank=True, editable=False, help_text='When the text, the content warning or the pictures were last changed; null if never.', null=True)),
                ('like_count', models.IntegerField(db_default=0, editable=False, help_text='The number of users who like the post. The same for every viewer.')),
                ('comment_count', models.IntegerField(db_default=0, editable=False, help_text='The number of comments on the post, including replies. The same for every viewer.')),
                ('share_count', models.IntegerField(db_default=0, editable=False, help_text='The number of users who share the post. The same for every viewer.')),
                ('author', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='posts', to=settings.AUTH_USER_MODEL)),
                ('transaction', core.database.time_ordered_keys.TransactionField(db_default=core.database.time_ordered_keys.CurrentTransaction(), editable=False, null=True)),
                ('bookmark_count', models.IntegerField(db_default=0, editable=False, help_text='The number of users who have bookmarked the post. Only its author sees it.')),
                ('entities', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), editable=False, help_text="Three numbers for each mention, hashtag or link: where it starts, where it ends, and the user's key, minus the hashtag's key, or 0. Null if nobody has looked for them; clients are then shown a single segment, the whole text.", null=True, size=None)),
                ('language', models.TextField(blank=True, help_text="The language of the text, as the author's client says: a BCP 47 tag such as `de` or `zh-Hant`; null if it is not known.", max_length=35, null=True)),
                ('content_warning', models.TextField(blank=True, help_text='What the author warns of, to be shown in place of the post until the reader opens it; null if nothing.', max_length=100, null=True)),
                ('quoted_post_id', models.BigIntegerField(blank=True, editable=False, help_text='The post that this one quotes. It stays when that is deleted.', null=True)),
                ('quote_count', models.IntegerField(db_default=0, editable=False, help_text='The number of posts that quote the post. The same for every viewer.')),
                ('visibility', models.SmallIntegerField(choices=[(0, 'Public'), (1, 'Followers'), (2, 'Mentioned')], db_default=0, editable=False)),
            ],
            options={
                'db_table': 'posts',
                'indexes': [
                    django.contrib.postgres.indexes.HashIndex(models.F('id'), name='posts_by_hash'),
                    models.Index(models.F('author'), models.F('id'), include=('visibility',), name='posts_of_author_visibility'),
                    models.Index(models.F('quoted_post_id'), models.F('id'), condition=models.Q(('quoted_post_id__isnull', False)), name='posts_quotes'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('text__length__gte', 1), ('text__length__lte', 500)), name='posts_text_length'),
                    models.CheckConstraint(condition=models.Q(('comment_count__gte', 0), ('like_count__gte', 0), ('share_count__gte', 0)), name='posts_counts_not_negative'),
                    models.CheckConstraint(condition=models.Q(('bookmark_count__gte', 0)), name='posts_bookmark_count_not_negative'),
                    models.CheckConstraint(condition=models.Q(('quote_count__gte', 0)), name='posts_quote_count_not_negative'),
                    models.CheckConstraint(condition=models.Q(('visibility__gte', 0), ('visibility__lte', 2)), name='posts_visibility_known'),
                ],
            },
        ),
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
        migrations.CreateModel(
            name='PostHashtag',
            fields=[
                ('pk', models.CompositePrimaryKey('hashtag_id', 'post_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('transaction', core.database.time_ordered_keys.TransactionField(db_default=core.database.time_ordered_keys.CurrentTransaction(), editable=False, null=True)),
                ('hashtag', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='feed.hashtag')),
                ('post', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='feed.post')),
                ('is_public', models.BooleanField(db_default=True, editable=False, help_text='Whether everybody may see the post. The hashtag counts those.')),
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
        ForeignKeysInDatabase(
            ("pinned_posts", "user_id", "users"),
            ("pinned_posts", "post_id", "posts"),
            ("post_edits", "post_id", "posts"),
            ("post_hashtags", "hashtag_id", "hashtags"),
            ("post_hashtags", "post_id", "posts"),
            ("post_mentions", "post_id", "posts"),
        ),
        # A user whose posts or mentions are there is not deleted: those are removed first, with their counts and events.
        ForeignKeysInDatabase(
            ("posts", "author_id", "users"), ("post_mentions", "user_id", "users"), on_delete="NO ACTION"
        ),
        migrations.RunSQL(RETIRE),
        migrations.RunSQL(READABLE),
        migrations.RunSQL(NEWS),
        migrations.RunSQL(COUNT),
        migrations.RunSQL(RECOUNT),
    ]
