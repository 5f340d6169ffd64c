-- Which users the viewers must not hear of in live events. $1 viewers, $2 users.
-- One row for each pair and reason: viewer, user, whether it is a mute (else a block, by either of them).
SELECT b.blocker_id, other.id, false
FROM unnest($2::bigint[]) AS other(id)
JOIN LATERAL (SELECT blocker_id FROM blocks WHERE blocked_id = other.id AND blocker_id = ANY($1::bigint[]) OFFSET 0) b ON true
UNION ALL
SELECT b.blocked_id, other.id, false
FROM unnest($2::bigint[]) AS other(id)
JOIN LATERAL (SELECT blocked_id FROM blocks WHERE blocker_id = other.id AND blocked_id = ANY($1::bigint[]) OFFSET 0) b ON true
UNION ALL
SELECT m.muter_id, other.id, true
FROM unnest($2::bigint[]) AS other(id)
JOIN LATERAL (SELECT muter_id FROM mutes WHERE muted_id = other.id AND muter_id = ANY($1::bigint[]) OFFSET 0) m ON true
