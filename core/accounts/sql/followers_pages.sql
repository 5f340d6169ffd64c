-- Pages of users' followers, newest follow first; empty if a block or the user's privacy hides them.
-- $1 viewer, $2 users, $3 below, $4 above, $5 limit, $6 horizon; unseen: $7 keys, $8 snapshots.
-- variants: anonymous
WITH {hidden muter=NULL::bigint}
{follows_page owner=followee_id other=follower_id}
