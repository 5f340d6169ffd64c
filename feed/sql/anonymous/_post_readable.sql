-- Without a viewer only what everybody may see.
-- parameters: viewer=$1, author=a
-- needs: p (posts), {author} (users: the post's author)
{post_public author={author}}
