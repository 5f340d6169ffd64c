-- Without a viewer, those that differ between the posts: the others are FOR_EVERYBODY in feed/post_rows.py.
-- needs: p (posts), a (users: the author)
{post_for_everybody}
