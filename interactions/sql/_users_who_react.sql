-- Pages of the users who react to posts.
-- parameters: table, viewer=$1, posts=$2, below=$3, above=$4, limit=$5, horizon=$6, muter=$7::bigint, up_to=$8, snapshots=$9
-- needs: hidden (ids)
SELECT m.post_id, m.id, {user of=a},
    {snapshot_above position=m.id horizon={horizon}}
FROM unnest({posts}::text::bigint[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT * FROM {table} m
    WHERE m.post_id = k.id AND m.id < {below} AND m.id > {above}
    {unseen key=m.id transaction=m.transaction up_to={up_to} snapshots={snapshots}} AND {not_hidden user_id=m.user_id viewer={viewer} muter={muter}}
    ORDER BY m.id {direction} LIMIT {limit}
) m
JOIN users a ON a.id = m.user_id
ORDER BY m.id {direction}
