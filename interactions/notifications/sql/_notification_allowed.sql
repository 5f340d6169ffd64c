-- Whether a recipient gets notifications of a kind that an actor causes, as things are now: the one rule of lists, counts,
-- live events and push messages. {notification_shown} is about one notification, with all of its actors.
-- parameters: recipient, actor, kind
({actor} <> {recipient} AND {visible user_id={actor} viewer={recipient}}
    AND NOT EXISTS (SELECT FROM account_suspensions WHERE user_id = {actor} OFFSET 0)
    AND {unmuted user_id={actor} viewer={recipient}}
    AND CASE coalesce((SELECT allow_from FROM notification_settings WHERE user_id = {recipient} AND kind = {kind} OFFSET 0), {audience_everyone})
        WHEN {audience_everyone} THEN true
        WHEN {audience_following} THEN EXISTS (SELECT FROM follows WHERE follower_id = {recipient} AND followee_id = {actor} OFFSET 0)
        ELSE false
    END)
