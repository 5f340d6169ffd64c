asked AS MATERIALIZED (
    SELECT t.n, t.viewer_id, t.key, {user of=u}
    FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text[]) WITH ORDINALITY AS t(viewer_id, user_id, key, n)
    JOIN users v ON v.id = t.viewer_id AND {not_deleted person=v.id}
    JOIN users u ON u.id = t.user_id
    WHERE {visible person=t.user_id viewer=t.viewer_id}
)
