-- Inserts the staged requests between users who exist, once for each pair, unless the one follows the other.
WITH inserted AS (
    INSERT INTO follow_requests (id, requester_id, target_id, created_at)
    SELECT n.id, n.requester_id, n.target_id, n.created_at
    FROM new_follow_requests n JOIN users a ON a.id = n.requester_id JOIN users b ON b.id = n.target_id
    WHERE NOT EXISTS (SELECT FROM follows f WHERE f.follower_id = n.requester_id AND f.followee_id = n.target_id)
    ORDER BY n.id
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM inserted
