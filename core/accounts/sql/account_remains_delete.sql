-- Deletes some rows of a user that have no counts and no events. $1 user, $2 limit of rows per table.
-- Gives the number of rows.
WITH own_mutes AS (
    DELETE FROM mutes m USING (SELECT muted_id FROM mutes WHERE muter_id = $1 LIMIT $2) k
    WHERE m.muter_id = $1 AND m.muted_id = k.muted_id RETURNING 1
), mutes_of AS (
    DELETE FROM mutes m USING (SELECT muter_id FROM mutes WHERE muted_id = $1 LIMIT $2) k
    WHERE m.muter_id = k.muter_id AND m.muted_id = $1 RETURNING 1
), own_blocks AS (
    DELETE FROM blocks b USING (SELECT blocked_id FROM blocks WHERE blocker_id = $1 LIMIT $2) k
    WHERE b.blocker_id = $1 AND b.blocked_id = k.blocked_id RETURNING 1
), blocks_of AS (
    DELETE FROM blocks b USING (SELECT blocker_id FROM blocks WHERE blocked_id = $1 LIMIT $2) k
    WHERE b.blocker_id = k.blocker_id AND b.blocked_id = $1 RETURNING 1
), own_requests AS (
    DELETE FROM follow_requests WHERE id IN (SELECT id FROM follow_requests WHERE requester_id = $1 LIMIT $2) RETURNING 1
), requests_of AS (
    DELETE FROM follow_requests WHERE id IN (SELECT id FROM follow_requests WHERE target_id = $1 LIMIT $2) RETURNING 1
), keys AS (
    DELETE FROM idempotency_keys i USING (SELECT mutation, key FROM idempotency_keys WHERE user_id = $1 LIMIT $2) k
    WHERE i.user_id = $1 AND i.mutation = k.mutation AND i.key = k.key RETURNING 1
), ended AS (
    DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = $1 LIMIT $2) RETURNING 1
), entries AS (
    DELETE FROM django_admin_log WHERE id IN (SELECT id FROM django_admin_log WHERE user_id = $1 LIMIT $2) RETURNING 1
)
SELECT (SELECT count(*) FROM own_mutes) + (SELECT count(*) FROM mutes_of) + (SELECT count(*) FROM own_blocks)
    + (SELECT count(*) FROM blocks_of) + (SELECT count(*) FROM own_requests)
    + (SELECT count(*) FROM requests_of) + (SELECT count(*) FROM keys) + (SELECT count(*) FROM ended)
    + (SELECT count(*) FROM entries)
