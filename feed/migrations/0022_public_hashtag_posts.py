"""A hashtag counts the posts that everybody may see. Rows that are there stay counted until a job has looked at them."""

from django.db import migrations, models

# Before anything else: who writes a post locks its author, then its hashtags.
ACCOUNTS = """
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
ACCOUNTS_BACK = """
DROP TRIGGER account_deletions_counted ON account_deletions;
DROP FUNCTION hashtags_follow_deletion();
DROP TRIGGER users_privacy_counted ON users;
DROP FUNCTION hashtags_follow_privacy();
"""
COUNT = """
CREATE OR REPLACE FUNCTION post_hashtags_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM hashtags WHERE id IN (SELECT hashtag_id FROM changed{only}) ORDER BY id FOR NO KEY UPDATE;
    UPDATE hashtags h SET post_count = h.post_count + CASE TG_OP WHEN 'INSERT' THEN n.times ELSE -n.times END
    FROM (SELECT hashtag_id, count(*)::int AS times FROM changed{only} GROUP BY hashtag_id) n
    WHERE h.id = n.hashtag_id;
    RETURN NULL;
END $$;
"""
FOLLOW = """
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

INSERT INTO jobs (kind, arguments, priority) VALUES ('hashtags_recount', '{}', 2);
"""
BACK = """
DROP TRIGGER post_hashtags_judged ON post_hashtags;
DROP FUNCTION post_hashtags_judge();
UPDATE post_hashtags SET is_public = true WHERE NOT is_public;
DROP TRIGGER post_hashtags_changed ON post_hashtags;
DROP FUNCTION post_hashtags_recount();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("feed", "0021_edited_at_description"),
        ("accounts", "0020_active_is_not_deleted"),
        ("jobs", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(ACCOUNTS, ACCOUNTS_BACK),
        migrations.AddField(
            "posthashtag",
            "is_public",
            models.BooleanField(
                db_default=True,
                editable=False,
                help_text="Whether everybody may see the post. The hashtag counts those.",
            ),
        ),
        migrations.AlterField(
            "hashtag",
            "post_count",
            models.IntegerField(
                db_default=0,
                editable=False,
                help_text="The number of posts with the hashtag that everybody may see, apart from blocks. The same for every viewer.",
            ),
        ),
        migrations.RunSQL(COUNT.format(only=" WHERE is_public") + FOLLOW, BACK + COUNT.format(only="")),
    ]
