-- The keys of the rows of a page for which a viewer state is true, read at once: a probe for each row would cost PostgreSQL
-- three times as much.
-- parameters: table, column, page, key, viewer
ARRAY(SELECT {column} FROM {table} WHERE user_id = {viewer} AND {column} = ANY(ARRAY(SELECT {key} FROM {page})))
