-- Whether the recipient is shown notification n, by the rule {notification_allowed}, as things are now.
-- needs: n (notifications)
({notification_thing_visible} AND EXISTS (
    SELECT FROM notification_actors x WHERE x.notification_id = n.id AND {notification_cause_shown} OFFSET 0
))
