-- The narrowest visibility of a user's posts that the viewer may read, without those that mention the viewer: -1 none.
-- parameters: author, viewer=$1
-- needs: {author} (users)
CASE WHEN {author}.id = {viewer} THEN 2 WHEN EXISTS (SELECT FROM follows WHERE follower_id = {viewer} AND followee_id = {author}.id OFFSET 0)
            THEN 1 ELSE -{author}.is_private::integer END
