-- The viewer states of posts that are true. $1 viewers, $2 posts.
-- One row for each: viewer, post, the field of PostRow.
{true_post_states viewers=$1::bigint[] keys=$2::bigint[]}
