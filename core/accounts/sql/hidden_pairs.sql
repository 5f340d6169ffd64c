-- Which users the viewers must not hear of in live events. $1 viewers, $2 users.
-- One row for each pair and reason: viewer, user, whether it is a mute (else a block, by either of them).
SELECT b.blocker_id, person.id, false
FROM unnest($2::bigint[]) AS person(id)
JOIN LATERAL (SELECT blocker_id FROM blocks WHERE blocked_id = person.id AND blocker_id = ANY($1::bigint[]) OFFSET 0) b ON true
UNION ALL
SELECT b.blocked_id, person.id, false
FROM unnest($2::bigint[]) AS person(id)
JOIN LATERAL (SELECT blocked_id FROM blocks WHERE blocker_id = person.id AND blocked_id = ANY($1::bigint[]) OFFSET 0) b ON true
UNION ALL
SELECT m.muter_id, person.id, true
FROM unnest($2::bigint[]) AS person(id)
JOIN LATERAL (SELECT muter_id FROM mutes WHERE muted_id = person.id AND muter_id = ANY($1::bigint[]) OFFSET 0) m ON true
