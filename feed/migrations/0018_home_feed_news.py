"""The reasons of a home feed that the worker has not added to the kept one yet."""

from django.db import migrations

# A function, since a statement sets up each subquery that it may never run.
CREATE = """
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


class Migration(migrations.Migration):
    dependencies = [
        ("feed", "0017_hashtags_name_prefix"),
        ("accounts", "0014_hidden_by_deletion"),
    ]
    operations = [
        migrations.RunSQL(CREATE, "DROP FUNCTION home_feed_news(bigint, bigint, bigint, bigint);")
    ]
