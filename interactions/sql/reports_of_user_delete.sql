-- Deletes some reports by and of a user. $1 user, $2 limit of each. One row for each deleted report.
DELETE FROM reports WHERE id IN (
    (SELECT id FROM reports WHERE reporter_id = $1 LIMIT $2) UNION ALL (SELECT id FROM reports WHERE author_id = $1 LIMIT $2)
)
RETURNING id
