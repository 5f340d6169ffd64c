-- Pages of users' bookmarked posts, the newest bookmark first.
-- $1 viewer, $2 users, $3 below, $4 above, $5 limit; unseen: $6 keys, $7 snapshots.
WITH {hidden muter=NULL::bigint}
{posts_marked table=bookmarks}
