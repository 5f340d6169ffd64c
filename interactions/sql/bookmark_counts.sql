-- How many users keep these posts of the viewer's own. $1 viewer, $2 posts.
SELECT id, bookmark_count FROM posts WHERE id = ANY($2::bigint[]) AND author_id = $1
