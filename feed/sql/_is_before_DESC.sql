-- Whether a position comes before the end of the page, newest first.
-- parameters: position
-- needs: entries (position)
{position} > (SELECT min(position) FROM entries)
