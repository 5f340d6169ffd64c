-- Marks a user's notifications as seen up to a position, and logs that. $1 user, $2 position, $3 client's key.
-- One row for a user who has had notifications: whether this changed anything, the position up to which they are seen.
WITH seen AS (
    UPDATE notification_inboxes SET seen_through = least($2, last_position)
    WHERE user_id = $1 AND seen_through < least($2, last_position)
    RETURNING seen_through
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id) SELECT 'notifications_seen', $1, seen_through, $3 FROM seen
)
SELECT EXISTS (SELECT FROM seen), coalesce((SELECT seen_through FROM seen), i.seen_through)
FROM notification_inboxes i WHERE i.user_id = $1
