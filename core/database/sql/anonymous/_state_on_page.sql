-- Without a viewer it is not.
-- parameters: table, column, row, page, key, viewer
false
