-- Retires the kept home feed of a reader, unless it was built within the last ten minutes: by another process, or while no
-- worker adds to feeds, where another one would soon be of no more use. Gives whether it was. $1 reader.
WITH retired AS (
    UPDATE home_feeds SET retired_at = now()
    WHERE reader_id = $1 AND retired_at IS NULL AND built_at <= now() - interval '10 minutes'
)
SELECT EXISTS (
    SELECT FROM home_feeds WHERE reader_id = $1 AND retired_at IS NULL AND built_at > now() - interval '10 minutes'
)
