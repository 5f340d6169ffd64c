-- Of reasons, newest first, those of the newest {kept_posts_limit} posts, with how many posts there are up to each (`posts`).
-- parameters: reasons
SELECT * FROM (
        SELECT *, count(*) FILTER (WHERE is_first) OVER (ORDER BY position DESC) AS posts
        FROM (SELECT *, position = max(position) OVER (PARTITION BY post_id) AS is_first FROM {reasons}) n
    ) counted
    WHERE posts <= {kept_posts_limit}
