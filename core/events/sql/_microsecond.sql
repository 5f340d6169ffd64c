-- The microsecond of an event's creation, within its second.
-- needs: events
(date_part('microseconds', created_at)::int % 1000000)
