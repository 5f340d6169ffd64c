-- Some causes of notifications by an actor: the recipient, the notification, the comment or post by which, or 0. $1 actor, $2 limit.
SELECT recipient_id, notification_id, subject_id FROM notification_actors WHERE actor_id = $1 LIMIT $2
