-- Whether the visibility of post p lets everybody see it.
-- parameters: author=a
-- needs: p (posts), {author} (users: the post's author)
(p.visibility = 0 AND NOT {author}.is_private)
