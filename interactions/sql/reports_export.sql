-- Reports by a user for an archive, without the copies of what was reported: that is others', and may be deleted since. $1 user,
-- $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT r.id, jsonb_build_object('type', 'report',
    'subject', translate(encode(convert_to(initcap(r.subject_kind) || ':' || r.subject_id, 'UTF8'), 'base64'), E'\n', ''),
    'reason', r.reason, 'comment', r.comment, 'created_at', r.created_at, 'closed_at', r.closed_at, 'outcome', r.outcome)::text
FROM reports r WHERE r.reporter_id = $1 AND r.id > $2 ORDER BY r.id LIMIT $3
