-- Whether a recipient lets an actor cause notifications of a kind: by mutes and settings.
-- parameters: recipient, actor, kind
{unmuted user_id={actor} viewer={recipient}}
    AND CASE coalesce((SELECT allow_from FROM notification_settings WHERE user_id = {recipient} AND kind = {kind} OFFSET 0), 0)
        WHEN 0 THEN true
        WHEN 1 THEN EXISTS (SELECT FROM follows WHERE follower_id = {recipient} AND followee_id = {actor} OFFSET 0)
        ELSE false
    END
