-- The columns of MediaRow.
-- needs: m (media), p (posts, that of the picture if it is on one), a (users: its author)
m.id, m.state, m.failure, m.width, m.height, m.placeholder, m.alt_text,
    {media_public}
