-- Whether post p is for those whom it mentions, and mentions the viewer.
-- parameters: viewer=$1
-- needs: p (posts)
(p.visibility = 2 AND post_readable({viewer}, p.id, p.author_id, p.visibility))
