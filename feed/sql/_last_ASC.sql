-- The last position of a group, oldest first.
max(position)
