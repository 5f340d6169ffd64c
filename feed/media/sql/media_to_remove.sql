-- Pictures whose files are to be removed: nobody can use them any more. $1 limit.
SELECT id FROM media WHERE removed_at IS NOT NULL ORDER BY removed_at LIMIT $1
