-- Without a viewer there is no such row.
-- parameters: table, column, viewer, key
false
