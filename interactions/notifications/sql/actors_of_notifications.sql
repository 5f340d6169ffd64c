-- Pages of the actors of the viewer's notifications, who did it last first: those whose rows are kept.
-- $1 viewer, $2 notifications, $3 below, $4 above, $5 limit.
SELECT n.id, m.id, {user of=u}, NULL::text AS snapshot
FROM unnest($2::text::bigint[]) AS k(id)
CROSS JOIN LATERAL (SELECT * FROM notifications WHERE id = k.id AND recipient_id = $1 OFFSET 0) n
CROSS JOIN LATERAL (
    SELECT x.id, x.actor_id FROM notification_actors x
    WHERE x.notification_id = n.id AND x.id < $3 AND x.id > $4 AND {notification_cause_shown}
    -- Each actor stands where the newest cause is.
    AND NOT EXISTS (
        SELECT FROM notification_actors y WHERE y.notification_id = n.id AND y.actor_id = x.actor_id AND y.id > x.id OFFSET 0
    )
    ORDER BY x.id {direction} LIMIT $5
) m
CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.actor_id OFFSET 0) u
ORDER BY m.id {direction}
