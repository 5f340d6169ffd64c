-- The columns of a post on a page of public posts.
-- needs: p (posts), a (users: the author), keys (ids)
{post_on_page}
