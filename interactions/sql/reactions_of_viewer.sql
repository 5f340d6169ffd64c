-- Which of these posts or comments the viewer reacts to. $1 viewer, $2 posts or comments.
-- parameters: target, table
SELECT {target}_id FROM {table} WHERE user_id = $1 AND {target}_id = ANY($2::bigint[])
