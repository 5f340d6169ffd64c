-- Counts the changes on the posts or comments. {sign} is + or -.
-- parameters: target, count, sign
-- needs: changes ({target}_id)
counted AS (
    UPDATE {target}s o SET {count} = o.{count} {sign} c.times
    FROM (SELECT {target}_id, count(*) AS times FROM changes GROUP BY {target}_id) c
    WHERE o.id = c.{target}_id
)
