-- Without a viewer it is not.
-- parameters: table, column, row, viewer
false
