-- Whether the viewer may see comment c on post p: their own always, others if no block hides either author.
-- parameters: viewer=$1
-- needs: c (comments), p (posts)
(c.author_id = {viewer} OR ({visible user_id=p.author_id viewer={viewer}} AND {visible user_id=c.author_id viewer={viewer}}))
