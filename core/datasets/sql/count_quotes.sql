-- Counts the new quotes on the posts that they quote. A statement of its own, since those may be new as well.
WITH counts AS (
    SELECT n.quoted_post_id AS id, count(*) AS n FROM new_posts n JOIN posts p ON p.id = n.id
    WHERE n.quoted_post_id IS NOT NULL GROUP BY n.quoted_post_id
), {counts_added table=posts count=quote_count}
SELECT count(*) FROM counts
