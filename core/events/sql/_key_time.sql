-- The moment at which a key was made, to the millisecond.
-- parameters: key
to_timestamp((({key} >> 22) + 1262304000000) / 1000.0)
