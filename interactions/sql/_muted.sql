muted AS MATERIALIZED (SELECT muted_id AS id FROM mutes WHERE muter_id = $6::bigint)
