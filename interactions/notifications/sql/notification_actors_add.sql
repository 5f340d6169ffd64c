-- Adds actors to notifications. Arrays of equal length: $1 notifications, $2 actors, $3 recipients, $4 things, $5 kinds, $6 the
-- comment or post by which each acted, or 0.
INSERT INTO notification_actors (notification_id, actor_id, recipient_id, thing_id, kind, subject_id)
SELECT * FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::bigint[], $4::text::bigint[], $5::text::int[], $6::text::bigint[])
ON CONFLICT DO NOTHING
