-- Whether everybody may see a picture: it is a profile's, or on a post that everybody may see.
-- needs: m (media), p (posts, that of the picture if it is on one), a (users: the post's author)
(m.is_avatar AND {not_deleted user_id=m.owner_id} OR {post_public} AND {not_deleted user_id=p.author_id})
