-- Locks a post that the viewer may quote, and counts the quote. $1 viewer, $2 post. No row if there is none.
WITH quotable AS MATERIALIZED (
    SELECT p.id FROM posts p JOIN users a ON a.id = p.author_id
    WHERE p.id = $2 AND {post_shareable} FOR NO KEY UPDATE OF p
)
UPDATE posts p SET quote_count = p.quote_count + 1 FROM quotable WHERE p.id = quotable.id RETURNING p.id
