-- The range of a page down to where the first of two lists was cut off, newest first, and whether that is all of it (`is_whole`).
-- parameters: below, above
-- needs: cuts (of_posts, of_shares)
SELECT {below}::bigint AS below, coalesce(greatest(of_posts, of_shares) - 1, {above}) AS above,
        coalesce(of_posts, of_shares) IS NULL AS is_whole
    FROM cuts
