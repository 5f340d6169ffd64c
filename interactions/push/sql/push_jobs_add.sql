-- Adds the job that pushes a notification, for each whose recipient has a push target, unless it has one. $1 notifications,
-- $2 recipients, $3 the shortest pause in seconds, which is also that for each actor, $4 the longest, $5 id of the event.
WITH found AS (
    SELECT n.id, n.recipient_id, now() + interval '1 second'
        * least(greatest(extract(epoch FROM now() - {key_time key=n.id}), $3::float8), $4::float8, $3 * n.actor_count) AS due
    FROM unnest($1::text::bigint[], $2::text::bigint[]) AS k(id, recipient_id)
    JOIN notifications n ON n.id = k.id
    WHERE EXISTS (SELECT FROM push_targets t WHERE t.user_id = k.recipient_id OFFSET 0)
)
{jobs_added kind='push.send' arguments=jsonb_build_object('notification',id,'recipient',recipient_id) unique_key='push:'||id cause=$5::text run_at=due source=found}
