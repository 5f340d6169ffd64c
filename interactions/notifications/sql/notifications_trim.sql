-- Removes the oldest notifications of users who got many lately. $1 how many users, $2 how many notifications each keeps,
-- $3 limit. Gives the number removed.
WITH grown AS MATERIALIZED (
    SELECT user_id FROM notification_inboxes WHERE added >= 200 ORDER BY user_id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
), excess AS MATERIALIZED (
    SELECT o.id FROM grown g CROSS JOIN LATERAL (
        SELECT id FROM notifications WHERE recipient_id = g.user_id ORDER BY position DESC OFFSET $2 LIMIT $3
    ) o LIMIT $3
), removed AS (
    DELETE FROM notifications WHERE id IN (SELECT id FROM excess) RETURNING 1
), trimmed AS (
    UPDATE notification_inboxes i SET added = 0 FROM grown g
    WHERE i.user_id = g.user_id AND (SELECT count(*) FROM excess) < $3
)
SELECT count(*) FROM removed
