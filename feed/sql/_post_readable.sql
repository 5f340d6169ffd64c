-- Whether the visibility of post p lets the viewer see it; blocks and deleted accounts are other rules. The rows themselves
-- say whether it is public or the viewer's own. For all others a function is called, because PostgreSQL sets up each
-- subquery of a statement, also one that hardly any page runs.
-- parameters: viewer=$1, author=a
-- needs: p (posts), {author} (users: the post's author)
({post_public author={author}} OR p.author_id = {viewer} OR post_readable({viewer}, p.id, p.author_id, p.visibility))
