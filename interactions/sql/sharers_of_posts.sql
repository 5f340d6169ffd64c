-- Pages of the users who share posts.
-- $1 viewer, $2 posts, $3 below, $4 above, $5 limit, $6 horizon, $7 the viewer if mutes hide, or NULL;
-- unseen: $8 keys, $9 snapshots.
-- variants: anonymous
WITH {hidden muter=$7::bigint}
{users_who_react table=shares}
