-- Whether the viewer does not mute the user.
-- parameters: person, viewer=$1
NOT EXISTS (SELECT FROM mutes WHERE muter_id = {viewer} AND muted_id = {person} OFFSET 0)
