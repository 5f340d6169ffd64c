-- Whether the viewer may see post p.
-- parameters: viewer=$1, author=a
-- needs: p (posts), {author} (users: the post's author)
{visible user_id=p.author_id viewer={viewer}} AND {post_readable viewer={viewer} author={author}}
