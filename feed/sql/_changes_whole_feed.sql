-- Whether an event changes the home feed of its actor as a whole: a follow, block or mute, or its end. Not if the other
-- account is deleted: the follows end with it, and each of its entries is removed by an event of its own.
-- parameters: event
({event}.kind IN {relation_events}
    AND EXISTS (SELECT FROM users u WHERE u.id = {event}.subject_id AND {not_deleted user_id=u.id} OFFSET 0))
