-- Of an event's creation, within its second.
(date_part('microseconds', created_at)::int % 1000000)
