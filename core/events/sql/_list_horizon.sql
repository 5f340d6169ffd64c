-- The horizon of lists, read once for a page, as the CTE `horizon` (key).
horizon AS MATERIALIZED (
    SELECT {key_horizon} AS key
)
