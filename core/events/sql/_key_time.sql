-- The moment at which a key was made, to the millisecond.
to_timestamp((({key} >> 22) + 1262304000000) / 1000.0)
