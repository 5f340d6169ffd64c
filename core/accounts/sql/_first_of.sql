-- Of the places that ask for the same pair at once, the first one for each pair that changed.
-- parameters: pairs
-- needs: requested (n, viewer_id, key, id), {pairs} (requester_id, target_id)
SELECT DISTINCT ON (viewer_id, id) n, viewer_id, key, id
    FROM requested JOIN {pairs} ON requester_id = viewer_id AND target_id = id
    ORDER BY viewer_id, id, n
