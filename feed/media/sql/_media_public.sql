-- Whether everybody may see a picture: it is a profile's, or on a post that everybody may see.
-- needs: m (media), p (posts, that of the picture if it is on one)
(m.is_avatar AND {not_deleted user_id=m.owner_id} OR p.id IS NOT NULL AND {not_deleted user_id=p.author_id})
