-- Whether the viewer has a row in a table that names another row.
-- parameters: table, column, viewer, key
EXISTS (SELECT FROM {table} m WHERE m.user_id = {viewer} AND m.{column} = {key} OFFSET 0)
