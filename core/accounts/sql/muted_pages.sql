-- Pages of the users whom the viewer, who is each of the users, mutes and may see by name, newest account first: the position is the other's key.
-- $1 viewer, $2 users, $3 below, $4 above, $5 limit.
SELECT k.id, m.muted_id, {user of=u}, NULL::text AS snapshot
FROM unnest($2::text::bigint[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT muted_id FROM mutes
    WHERE muter_id = k.id AND k.id = $1 AND muted_id < $3 AND muted_id > $4 AND {name_visible user_id=muted_id}
    ORDER BY muted_id {direction} LIMIT $5
) m
-- A subquery, since PostgreSQL would go through all users in the order of the page.
CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.muted_id OFFSET 0) u
ORDER BY m.muted_id {direction}
