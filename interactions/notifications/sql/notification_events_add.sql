-- Logs changes of notifications. $1 kinds of events, $2 recipients, $3 notifications: a place for each, in their order.
INSERT INTO events (kind, actor_id, subject_id) SELECT * FROM unnest($1::text[], $2::text::bigint[], $3::text::bigint[])
