-- The entries of a page of a kept home feed: position and sharer_id, then the columns of the post ({post_read}) with its author ({author_read}).
-- Each reason is judged again.
-- parameters: viewer=$1, limit=$4
-- needs: hidden (ids), feed (id), tail (position, post_id), candidates (position, post_id, sharer_id), shared (ids)
SELECT r.position, r.sharer_id, {post_read}, {author_read}
    FROM candidates r
    JOIN posts p ON p.id = r.post_id
    JOIN users a ON a.id = p.author_id
    WHERE {user_not_hidden user=a viewer={viewer} muter={viewer}}
    AND (r.sharer_id IS NULL AND p.visibility < 2 OR {post_readable viewer={viewer}})
    -- A share counts itself, and no newer one of the post does: the next that counts, oldest first, ends the search, so that shares
    -- which were taken back are passed once, not by each of the others.
    AND (r.post_id <> ALL((SELECT ids FROM shared)::bigint[]) OR NOT EXISTS (
        SELECT FROM (
            SELECT position, post_id, sharer_id FROM home_feed_reasons
            WHERE feed_id = (SELECT id FROM feed) AND post_id = r.post_id AND sharer_id IS NOT NULL AND position >= r.position
            ORDER BY position OFFSET 0
        ) k
        WHERE (k.position > r.position) = ({share_counts share=k viewer={viewer}})
    ))
    -- No newer reason for the same post: of a new event, or the post itself where shares are older than it.
    AND NOT EXISTS (SELECT FROM tail k WHERE k.post_id = r.post_id AND k.position > r.position OFFSET 0)
    AND (r.position >= r.post_id OR NOT EXISTS (
        SELECT FROM home_feed_reasons k WHERE k.feed_id = (SELECT id FROM feed) AND k.position = r.post_id OFFSET 0
    ))
    ORDER BY r.position {direction} LIMIT {limit}
