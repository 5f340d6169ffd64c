-- Whether the viewer does not mute the user.
-- parameters: user_id, viewer=$1
NOT EXISTS (SELECT FROM mutes WHERE muter_id = {viewer} AND muted_id = {user_id} OFFSET 0)
