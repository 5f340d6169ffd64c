-- Pages of the users who ask to follow users, newest request first. $1 viewer, $2 users, $3 below, $4 above, $5 limit,
-- $6 horizon; unseen: $7 keys, $8 snapshots.
WITH {hidden muter=NULL::bigint}
SELECT k.id, r.id, {user of=u},
    {snapshot_above position=r.id horizon=$6}
FROM unnest($2::text::bigint[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT r.id, r.requester_id FROM follow_requests r
    WHERE r.target_id = k.id AND r.id < $3 AND r.id > $4 {unseen key=r.id transaction=r.transaction up_to=$7 snapshots=$8}
    AND {not_hidden user_id=r.requester_id muter=NULL::bigint}
    ORDER BY r.id {direction} LIMIT $5
) r
JOIN users u ON u.id = r.requester_id
ORDER BY r.id {direction}
