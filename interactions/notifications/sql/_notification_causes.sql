-- What is shown of the causes of notification n: the newest actor and what that actor did last, and how many of the kept actors
-- are hidden. No row where all are.
-- needs: n (notifications)
SELECT count(DISTINCT k.actor_id) - count(DISTINCT k.actor_id) FILTER (WHERE k.is_shown) AS hidden,
    (array_agg(k.actor_id ORDER BY k.id DESC) FILTER (WHERE k.is_shown))[1] AS actor_id,
    (array_agg(k.subject_id ORDER BY k.id DESC) FILTER (WHERE k.is_shown))[1] AS subject_id
FROM (
    SELECT x.id, x.actor_id, x.subject_id, {notification_cause_shown} AS is_shown
    FROM notification_actors x WHERE x.notification_id = n.id OFFSET 0
) k
HAVING bool_or(k.is_shown)
