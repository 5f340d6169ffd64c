-- Whether the viewer may see post p, and share or quote it: one that is not public only its author may.
-- parameters: viewer=$1
-- needs: p (posts), a (users)
{post_visible viewer={viewer}} AND ({post_public} OR p.author_id = {viewer})
