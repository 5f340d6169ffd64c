-- A new key of the time of a position.
-- parameters: position
time_ordered_key(to_timestamp({position} / 1000000.0))
