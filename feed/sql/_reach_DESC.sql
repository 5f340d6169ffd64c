-- The range of positions in which a page of home-feed entries lies, newest first: its lower end is the last head that it needs.
-- parameters: below, above, limit
-- needs: firsts (position)
SELECT {below}::bigint AS below, CASE WHEN count(*) = {limit} THEN min(position) - 1 ELSE {above}::bigint END AS above FROM firsts
