-- Adds actors without a row to notifications, which count them already. $1 notifications, $2 actors: a place for each.
WITH added AS (
    INSERT INTO notification_dropped_actors AS d (notification_id, part, actors)
    SELECT k.notification_id, k.actor_id % {dropped_actors_parts}, array_agg(k.actor_id)
    FROM unnest($1::text::bigint[], $2::text::bigint[]) AS k(notification_id, actor_id) GROUP BY 1, 2
    ON CONFLICT (notification_id, part) DO UPDATE SET actors = d.actors || excluded.actors
)
UPDATE notifications n SET dropped_count = n.dropped_count + k.actors
FROM (SELECT id, count(*)::int AS actors FROM unnest($1::text::bigint[]) AS id GROUP BY id) k WHERE n.id = k.id
