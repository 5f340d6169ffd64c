-- Adds actors without a row to notifications, which count them already: to the newest list of a notification while that is short.
-- $1 notifications, $2 actors: a place for each, in their order.
WITH added AS MATERIALIZED (
    SELECT k.notification_id, array_agg(k.actor_id ORDER BY k.place) AS actors
    FROM unnest($1::text::bigint[], $2::text::bigint[]) WITH ORDINALITY AS k(notification_id, actor_id, place) GROUP BY k.notification_id
), short AS MATERIALIZED (
    SELECT a.notification_id, x.id FROM added a CROSS JOIN LATERAL (
        SELECT id, actors FROM notification_dropped_actors WHERE notification_id = a.notification_id ORDER BY id DESC LIMIT 1
    ) x WHERE cardinality(x.actors) < {dropped_actors_in_list}
), lengthened AS (
    UPDATE notification_dropped_actors x SET actors = x.actors || a.actors
    FROM short s JOIN added a ON a.notification_id = s.notification_id
    WHERE x.notification_id = s.notification_id AND x.id = s.id
), begun AS (
    INSERT INTO notification_dropped_actors (notification_id, actors)
    SELECT a.notification_id, a.actors FROM added a WHERE a.notification_id NOT IN (SELECT notification_id FROM short)
)
UPDATE notifications n SET dropped_count = n.dropped_count + cardinality(a.actors) FROM added a WHERE n.id = a.notification_id
