-- Stores the entities of posts or comments, unless another writer has stored them or changes the row. Locks the rows, by key.
-- {texts}: those that were looked through. {entities}: each as the text of an array. Gives the keys of those that were stored.
-- parameters: table, keys=$1, texts=$2, entities=$3
WITH found AS MATERIALIZED (
    SELECT o.id, t.entities
    FROM unnest({keys}::text::bigint[], {texts}::text[], {entities}::text[]) AS t(id, text, entities)
    JOIN {table} o ON o.id = t.id
    WHERE o.entities IS NULL AND o.text = t.text
    ORDER BY o.id
    FOR NO KEY UPDATE OF o SKIP LOCKED
)
UPDATE {table} o SET entities = found.entities::bigint[] FROM found WHERE o.id = found.id
RETURNING o.id
