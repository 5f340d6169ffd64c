-- How many entries of the viewer's home feed lie in the range, up to a limit. $1 viewer, $2 below, $3 above, $4 limit,
-- $5 the most that are counted.
{entries}
SELECT least(count(*), $5::int) FROM entries
