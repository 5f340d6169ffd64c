-- All public posts between two positions ({post_read}), with their authors ({author_read}), to be ordered and limited.
-- parameters: viewer=$1, below=$2, above=$3, up_to=$5, snapshots=$6
-- needs: hidden (ids)
SELECT {post_read}, {author_read}
    FROM posts p CROSS JOIN LATERAL (
        SELECT {author_read} FROM users a WHERE a.id = p.author_id AND NOT a.is_private AND {user_not_hidden user=a viewer={viewer} muter={viewer}} OFFSET 0
    ) a
    WHERE p.id < {below} AND p.id > {above} {unseen key=p.id transaction=p.transaction up_to={up_to} snapshots={snapshots}}
    AND p.visibility = 0
