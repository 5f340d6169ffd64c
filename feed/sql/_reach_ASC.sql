-- The range of positions in which a page of home-feed entries lies, oldest first: its upper end is the last head that it needs.
-- parameters: below, above, limit
-- needs: firsts (position)
SELECT CASE WHEN count(*) = {limit} THEN max(position) + 1 ELSE {below}::bigint END AS below, {above}::bigint AS above FROM firsts
