-- Stores the entities of comments that had not been looked for. $1 comments, $2 their texts, $3 their entities. Gives the keys
-- of those that were stored.
{entities_filled table=comments}
