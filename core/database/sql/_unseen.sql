-- Leaves out rows that a reader has seen (core/database/list_positions.py). Only the variants `:unseen` contain it.
-- parameters: key, transaction, up_to=$6, snapshots=$7
AND NOT EXISTS (
    SELECT FROM unnest({up_to}::bigint[], {snapshots}::text[]) AS seen(up_to, snapshot) WHERE {key} <= seen.up_to
    AND coalesce(pg_visible_in_snapshot({transaction}::text::xid8, seen.snapshot::pg_snapshot), true)
)
