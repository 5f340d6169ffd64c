-- The users whom blocks and mutes hide from the viewer, read once for a page, as the CTE `hidden`: `ids`. Null for users who
-- are hidden by more than a hundred blocks and mutes, and {not_hidden} asks for each user: reading thousands of rows would
-- cost more.
-- {muter}: the viewer where mutes hide, else NULL::bigint.
-- parameters: muter, viewer=$1
hidden AS MATERIALIZED (
    SELECT CASE WHEN cardinality(ids) <= 100 THEN ids END AS ids
    FROM (
        SELECT ARRAY(
            SELECT blocked_id FROM blocks WHERE blocker_id = {viewer}
            UNION ALL
            SELECT blocker_id FROM blocks WHERE blocked_id = {viewer}
            UNION ALL
            SELECT muted_id FROM mutes WHERE muter_id = {muter}
            LIMIT 101
        ) AS ids OFFSET 0
    ) once
)
