-- Some posts or comments whose entities have not been looked for, newest first: the key, the author, the text.
-- Not those that only wait for their removal.
-- parameters: table, limit=$1
SELECT id, author_id, text FROM {table}
WHERE entities IS NULL AND author_id <> {posts_holder}
ORDER BY id DESC LIMIT {limit}
