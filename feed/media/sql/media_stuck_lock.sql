-- Locks some pictures that have been processed for long and have no job any more that does it. $1 how long, $2 limit.
SELECT m.id FROM media m
WHERE m.state = 'PROCESSING' AND m.finished_at < now() - $1::interval
AND NOT EXISTS (SELECT FROM jobs j WHERE j.unique_key = 'media_process:' || m.id AND j.failed_at IS NULL)
ORDER BY m.finished_at LIMIT $2 FOR UPDATE SKIP LOCKED
