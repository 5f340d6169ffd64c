-- No row is above the horizon.
-- parameters: position
NULL::text
