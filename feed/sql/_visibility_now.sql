-- The visibility that a post has now: at most for followers while its author's account is private.
-- parameters: of
-- needs: a (users: the author)
greatest({of}, a.is_private::integer)
