-- Whether the viewer may see comment c on post p: neither its author's account nor the post is being deleted, and it is their
-- own or no block hides either author.
-- parameters: viewer=$1
-- needs: c (comments), p (posts)
({not_deleted user_id=p.author_id} AND {not_deleted user_id=c.author_id} AND (c.author_id = {viewer}
    OR ({unblocked user_id=p.author_id viewer={viewer}} AND {unblocked user_id=c.author_id viewer={viewer}})))
