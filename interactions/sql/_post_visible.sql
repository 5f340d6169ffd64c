-- Whether the viewer may see post p.
-- parameters: viewer=$1
-- needs: p (posts)
{visible user_id=p.author_id viewer={viewer}}
