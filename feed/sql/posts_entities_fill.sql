-- Stores the entities of posts that had not been looked for. $1 posts, $2 their texts, $3 their entities. Gives the keys of
-- those that were stored.
{entities_filled table=posts}
