-- Whether the viewer may see comment c on post p: neither its author's account nor the post is being deleted, and it is their
-- own, or no block hides either author and the viewer may see the post.
-- parameters: viewer=$1
-- needs: c (comments), p (posts), o (users: the post's author)
({not_deleted user_id=p.author_id} AND {not_deleted user_id=c.author_id} AND (c.author_id = {viewer}
    OR ({unblocked user_id=p.author_id viewer={viewer}} AND {unblocked user_id=c.author_id viewer={viewer}}
        AND {post_readable viewer={viewer} author=o})))
