-- Users one of whose names begins with a text, those whom the viewer follows first, each at the first such name.
-- $1 viewer, $2 text, $3 limit; the position to go on from: $4 0 among followed users and 1 among others, $5 name, $6 user.
-- A column that is not read, the position as text, the user.
-- variants: anonymous
WITH {hidden muter=NULL::bigint}, range AS MATERIALIZED (
    -- U+10FFFF is in no name.
    SELECT begins, begins || chr(1114111) AS ends FROM (SELECT name_fold($2) AS begins OFFSET 0) folded
), followees AS MATERIALIZED (
    SELECT followee_id FROM follows WHERE follower_id = $1 AND $4 = 0
), near AS MATERIALIZED (
    -- The followed users among the first names, for who follows many: looking for the names of each of these costs ten times a name.
    SELECT n.name, n.user_id FROM range CROSS JOIN LATERAL (
        SELECT n.name, n.user_id FROM (
            SELECT name, user_id FROM user_names
            WHERE $4 = 0 AND (SELECT following_count > 500 FROM users WHERE id = $1)
            AND (name, user_id) > (greatest($5, range.begins) COLLATE "C", $6) AND name < range.ends
            ORDER BY name, user_id LIMIT 20000
        ) n
        WHERE (n.user_id IN (SELECT followee_id FROM followees)) IS TRUE
        AND NOT EXISTS (SELECT FROM user_names y WHERE y.user_id = n.user_id AND y.name >= range.begins AND y.name < n.name OFFSET 0)
        AND {not_hidden user_id=n.user_id muter=NULL::bigint}
        ORDER BY n.name, n.user_id LIMIT $3
    ) n
), way AS MATERIALIZED (
    -- Whether `near` is the page: it is full, or there are no more names.
    SELECT (SELECT count(*) FROM near) = $3 OR $4 = 0 AND coalesce((SELECT following_count > 500 FROM users WHERE id = $1), false) AND NOT EXISTS (
        SELECT FROM range CROSS JOIN LATERAL (
            SELECT FROM user_names
            WHERE (name, user_id) > (greatest($5, range.begins) COLLATE "C", $6) AND name < range.ends OFFSET 20000
        ) n
    ) AS is_near
), followed AS (
    SELECT * FROM near WHERE (SELECT is_near FROM way)
    UNION ALL
    SELECT * FROM (
        SELECT n.name, n.user_id FROM followees f CROSS JOIN LATERAL (
            SELECT name, user_id FROM user_names
            WHERE user_id = f.followee_id AND name >= (SELECT begins FROM range) AND name < (SELECT ends FROM range) ORDER BY name LIMIT 1
        ) n
        WHERE NOT (SELECT is_near FROM way) AND (n.name, n.user_id) > ($5 COLLATE "C", $6)
        AND {not_hidden user_id=n.user_id muter=NULL::bigint}
        ORDER BY n.name, n.user_id LIMIT $3
    ) n
), others AS (
    SELECT n.name, n.user_id
    FROM range CROSS JOIN LATERAL (
        SELECT name, user_id FROM user_names n
        WHERE (n.name, n.user_id) > (CASE $4 WHEN 0 THEN range.begins ELSE $5 END COLLATE "C", CASE $4 WHEN 0 THEN 0 ELSE $6 END)
        AND n.name < range.ends
        AND NOT EXISTS (SELECT FROM user_names y WHERE y.user_id = n.user_id AND y.name >= range.begins AND y.name < n.name OFFSET 0)
        AND NOT EXISTS (SELECT FROM follows WHERE follower_id = $1 AND followee_id = n.user_id OFFSET 0)
        AND {not_hidden user_id=n.user_id muter=NULL::bigint}
        ORDER BY n.name, n.user_id LIMIT $3
    ) n
)
SELECT NULL, x.part || ':' || x.user_id || ':' || x.name, {user of=u}
FROM (SELECT * FROM (SELECT 0 AS part, * FROM followed UNION ALL SELECT 1, * FROM others) parts ORDER BY 1, 2, 3 LIMIT $3) x
JOIN users u ON u.id = x.user_id
ORDER BY x.part, x.name, x.user_id
