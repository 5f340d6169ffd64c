NOT EXISTS (SELECT FROM mutes WHERE muter_id = $1 AND muted_id = {person})
