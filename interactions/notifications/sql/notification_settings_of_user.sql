-- A user's settings of notifications, of the kinds that were set. $1 user. Rows: the kind, from whom, whether by push.
SELECT kind, allow_from, push FROM notification_settings WHERE user_id = $1
