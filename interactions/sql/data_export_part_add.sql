-- Adds a part to an archive, which is locked already. $1 archive, $2 number of the part, $3 content, $4 section and $5 position
-- at which it goes on.
WITH added AS (
    INSERT INTO data_export_parts (export_id, number, content) VALUES ($1, $2, $3) RETURNING export_id
)
UPDATE data_exports SET parts = $2 + 1, section = $4, position = $5 FROM added WHERE id = export_id RETURNING id
