-- The last position of a group, newest first.
min(position)
