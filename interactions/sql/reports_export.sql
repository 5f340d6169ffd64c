-- Reports by a user for an archive. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT r.id, jsonb_build_object('type', 'report', 'subject_kind', r.subject_kind, 'subject', r.copy, 'reason', r.reason,
    'comment', r.comment, 'created_at', r.created_at, 'closed_at', r.closed_at, 'outcome', r.outcome)::text
FROM reports r WHERE r.reporter_id = $1 AND r.id > $2 ORDER BY r.id LIMIT $3
