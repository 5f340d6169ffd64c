NOT EXISTS (SELECT FROM mutes WHERE muter_id = {viewer} AND muted_id = {person} OFFSET 0)
