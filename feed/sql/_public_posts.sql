-- The posts of a page of all posts.
-- parameters: viewer=$1, below=$2, above=$3, limit=$4, up_to=$5, snapshots=$6
-- needs: hidden (ids, is_complete)
SELECT * FROM posts p
    WHERE p.id < {below} AND p.id > {above} {unseen key=p.id transaction=p.transaction up_to={up_to} snapshots={snapshots}}
    AND {not_hidden user_id=p.author_id viewer={viewer} muter={viewer}}
    ORDER BY p.id {direction} LIMIT {limit}
