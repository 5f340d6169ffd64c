-- Removes causes of notifications, and notifications that have none left. $1 notifications, $2 actors, $3 the comments or posts by
-- which the actors are in them, or 0: a place for each cause.
-- A row for each notification: the key, the recipient, whether it is removed, and whether all of its actors are now ones without a row.
-- A notification of comments or quotes is removed when no row is left: of its other actors it is not known by what they are in it.
WITH removed AS (
    DELETE FROM notification_actors x USING unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS k(notification_id, actor_id, subject_id)
    WHERE x.notification_id = k.notification_id AND x.actor_id = k.actor_id AND x.subject_id = k.subject_id
    RETURNING x.notification_id, x.actor_id, x.subject_id
), gone AS (
    -- Of each actor who has no other cause in it.
    SELECT r.notification_id, count(DISTINCT r.actor_id)::int AS actors FROM removed r
    WHERE NOT EXISTS (
        SELECT FROM notification_actors x WHERE x.notification_id = r.notification_id AND x.actor_id = r.actor_id
        AND (x.notification_id, x.actor_id, x.subject_id) NOT IN (SELECT * FROM removed)
    )
    GROUP BY r.notification_id
), left_over AS MATERIALIZED (
    SELECT r.notification_id, coalesce(g.actors, 0) AS actors, EXISTS (
        SELECT FROM notification_actors x WHERE x.notification_id = r.notification_id
        AND (x.notification_id, x.actor_id, x.subject_id) NOT IN (SELECT * FROM removed) OFFSET 0
    ) AS has_causes, r.subject_id = 0 AND n.dropped_count > 0 AS has_dropped
    FROM (SELECT notification_id, max(subject_id) AS subject_id FROM removed GROUP BY notification_id) r
    JOIN notifications n ON n.id = r.notification_id
    LEFT JOIN gone g ON g.notification_id = r.notification_id
), emptied AS (
    DELETE FROM notifications n USING left_over l WHERE n.id = l.notification_id AND NOT l.has_causes AND NOT l.has_dropped
    RETURNING n.id, n.recipient_id, true, false
), counted AS (
    UPDATE notifications n SET actor_count = greatest(n.actor_count - l.actors, 1)
    FROM left_over l WHERE n.id = l.notification_id AND (l.has_causes OR l.has_dropped)
    RETURNING n.id, n.recipient_id, false, NOT l.has_causes
)
SELECT * FROM emptied UNION ALL SELECT * FROM counted
