-- Pages of the users whom the viewer, who is each of the users, blocks, newest account first: the position is the other's key.
-- $1 viewer, $2 users, $3 below, $4 above, $5 limit.
SELECT k.id, m.blocked_id, {user of=u}, NULL::text AS snapshot
FROM unnest($2::text::bigint[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT blocked_id FROM blocks
    WHERE blocker_id = k.id AND k.id = $1 AND blocked_id < $3 AND blocked_id > $4 AND {not_deleted user_id=blocked_id}
    ORDER BY blocked_id {direction} LIMIT $5
) m
-- A subquery, since PostgreSQL would go through all users in the order of the page.
CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.blocked_id OFFSET 0) u
ORDER BY m.blocked_id {direction}
