-- Pages of the users who like posts.
-- $1 viewer, $2 posts, $3 below, $4 above, $5 limit, $6 the viewer if mutes hide, or NULL;
-- unseen: $7 keys, $8 snapshots.
-- variants: anonymous
WITH {hidden muter=$6::bigint}, {list_horizon}
{users_who_react table=post_likes}
