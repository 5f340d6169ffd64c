-- The keys of the posts of a page in order, as the CTE `keys`: `ids`. By these the viewer's states are read at once. For each
-- look-up in an index PostgreSQL sorts the keys, which costs little where they are in order.
-- parameters: page, key
keys AS MATERIALIZED (SELECT ARRAY(SELECT {key} FROM {page} ORDER BY {key}) AS ids)
