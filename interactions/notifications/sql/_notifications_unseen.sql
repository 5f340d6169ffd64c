-- How many notifications a user has not seen, of those that the list shows; {unseen_limit} at most.
-- parameters: user_id
(SELECT count(*)::int FROM (
    SELECT FROM notifications n
    WHERE n.recipient_id = {user_id} AND n.position > coalesce((
        SELECT seen_through FROM notification_inboxes WHERE user_id = {user_id} OFFSET 0
    ), 0) AND {notification_shown}
    ORDER BY n.position DESC LIMIT {unseen_limit}
) unseen)
