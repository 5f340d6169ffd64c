-- The columns of a post: those of PostRow, with its author.
-- parameters: viewer=$1
-- needs: p (posts), a (users: the author)
p.id, p.text, {moment of=p.created_at}, {moment of=p.edited_at}, p.like_count, p.comment_count, p.share_count,
    EXISTS (SELECT FROM post_likes l WHERE l.user_id = {viewer} AND l.post_id = p.id OFFSET 0),
    EXISTS (SELECT FROM shares s WHERE s.user_id = {viewer} AND s.post_id = p.id OFFSET 0),
    {user of=a}
