-- Whether the list of a user's notifications has one above a position. $1 viewer, $2 position, $3 kinds.
SELECT EXISTS (
    SELECT FROM notifications n
    WHERE n.recipient_id = $1 AND n.position > $2 AND n.kind = ANY($3::int[]) AND {notification_shown}
)
