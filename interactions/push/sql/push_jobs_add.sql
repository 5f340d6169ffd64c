-- Adds the job that pushes a notification, for each whose recipient has a push target, unless it has one. $1 notifications,
-- $2 recipients, $3 the longest pause before each in seconds, $4 the pause for each of its actors, $5 id of the event.
WITH found AS (
    SELECT n.id, n.recipient_id, now() + least(k.seconds, $4::float8 * n.actor_count) * interval '1 second' AS due
    FROM unnest($1::bigint[], $2::bigint[], $3::float8[]) AS k(id, recipient_id, seconds)
    JOIN notifications n ON n.id = k.id
    WHERE EXISTS (SELECT FROM push_targets t WHERE t.user_id = k.recipient_id OFFSET 0)
)
{jobs_added kind='push.send' arguments=jsonb_build_object('notification',id,'recipient',recipient_id) unique_key='push:'||id cause=$5::text run_at=due source=found}
