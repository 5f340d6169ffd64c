-- Whether a position comes before the end of the page, oldest first.
-- parameters: position
-- needs: entries (position)
{position} < (SELECT max(position) FROM entries)
