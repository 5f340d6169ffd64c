-- Whether the viewer has a row in a table that names a row of a page. For all rows of the page it is read once: a probe for each
-- would cost PostgreSQL three times as much.
-- parameters: table, column, row, viewer
-- needs: keys (ids)
({row} = ANY(ARRAY(SELECT {column} FROM {table} WHERE user_id = {viewer} AND {column} = ANY((SELECT ids FROM keys)::bigint[]))))
