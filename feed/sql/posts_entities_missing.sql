-- Some posts whose entities have not been looked for: the key, the author, the text. $1 limit.
{entities_missing table=posts}
