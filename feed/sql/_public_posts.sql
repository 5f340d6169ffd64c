-- All public posts between two positions, with their authors ({author_read}), to be ordered and limited.
-- parameters: viewer=$1, below=$2, above=$3, up_to=$5, snapshots=$6
-- needs: hidden (ids, is_complete)
SELECT p.*, {author_read}
    FROM posts p CROSS JOIN LATERAL (
        SELECT {author_read} FROM users a WHERE a.id = p.author_id AND NOT a.is_private OFFSET 0
    ) a
    WHERE p.id < {below} AND p.id > {above} {unseen key=p.id transaction=p.transaction up_to={up_to} snapshots={snapshots}}
    AND p.visibility = 0 AND {not_hidden user_id=p.author_id viewer={viewer} muter={viewer}}
