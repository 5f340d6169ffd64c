-- How many notifications users have not seen, up to {unseen_limit}. $1 users. Rows: the user, the number.
SELECT k.id, {notifications_unseen user_id=k.id} FROM unnest($1::bigint[]) AS k(id)
