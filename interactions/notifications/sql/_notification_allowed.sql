-- Whether a recipient gets notifications of a kind that an actor causes, as things are now: the one rule of lists, counts,
-- live events and push messages. {notification_shown} is about one notification, with all of its actors.
-- parameters: recipient, actor, kind
({actor} <> {recipient} AND {visible user_id={actor} viewer={recipient}}
    AND NOT EXISTS (SELECT FROM account_suspensions WHERE user_id = {actor} OFFSET 0)
    AND {notification_accepted recipient={recipient} actor={actor} kind={kind}})
