c.post_id, c.id, c.parent_id, c.text, {moment of=c.created_at}, c.like_count, c.reply_count, {user of=a}
