-- Counts the new replies on the comments that they reply to. A statement of its own, since those may be new as well.
WITH counts AS (
    SELECT n.parent_id AS id, count(*) AS n
    FROM new_comments n JOIN comments c ON c.id = n.id
    WHERE n.parent_id IS NOT NULL GROUP BY n.parent_id
), {counts_added table=comments count=reply_count}
SELECT count(*) FROM counts
