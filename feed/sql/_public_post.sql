-- The columns of a post on a page of public posts.
-- parameters: page, key
-- needs: p (posts), a (users: the author), {page}
{post_on_page page={page} key={key}}
