-- Without a viewer there are no such rows.
-- parameters: table, column, page, key, viewer
NULL::bigint[]
