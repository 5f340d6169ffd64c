-- Pages of the {other} of users' follows, newest follow first; empty if a block or the user's privacy hides them.
-- parameters: owner, other, viewer=$1, users=$2, below=$3, above=$4, limit=$5, horizon=$6, up_to=$7, snapshots=$8
-- needs: hidden (ids)
SELECT k.id, f.id, {user of=u},
    {snapshot_above position=f.id horizon={horizon}}
FROM (
    SELECT k.id FROM unnest({users}::text::bigint[]) AS k(id) JOIN users o ON o.id = k.id
    WHERE {not_hidden user_id=k.id viewer={viewer} muter=NULL::bigint} AND {follows_visible viewer={viewer}}
) k
CROSS JOIN LATERAL (
    SELECT f.id, f.{other} FROM follows f
    WHERE f.{owner} = k.id AND f.id < {below} AND f.id > {above} {unseen key=f.id transaction=f.transaction up_to={up_to} snapshots={snapshots}}
    AND {not_hidden user_id=f.{other} viewer={viewer} muter=NULL::bigint}
    ORDER BY f.id {direction} LIMIT {limit}
) f
JOIN users u ON u.id = f.{other}
ORDER BY f.id {direction}
