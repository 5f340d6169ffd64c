-- Suspends a user, whose sessions a trigger ends. Who is suspended for longer already stays so.
-- The user is locked already. $1 user, $2 until when, null for good.
WITH suspended AS (
    INSERT INTO account_suspensions (user_id, until) VALUES ($1, $2::timestamptz)
    ON CONFLICT (user_id) DO UPDATE SET until = nullif(
        greatest(coalesce(account_suspensions.until, 'infinity'), coalesce(excluded.until, 'infinity')), 'infinity'
    )
    RETURNING user_id
)
UPDATE users SET is_active = false FROM suspended WHERE id = user_id RETURNING id
