-- The columns of author a that a page of posts carries, so that the author is read once, before the page is full.
-- needs: a (users)
a.username, a.display_name, a.avatar_url, a.is_private
