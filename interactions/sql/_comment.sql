-- The columns of a comment: those of CommentRow, with its author.
-- needs: c (comments), a (users: the author)
c.post_id, c.id, c.parent_id, c.text, {moment of=c.created_at}, c.like_count, c.reply_count, {user of=a}
