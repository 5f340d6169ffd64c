-- The range of a page up to where the first of two lists was cut off, oldest first, and whether that is all of it (`is_whole`).
-- parameters: below, above
-- needs: cuts (of_posts, of_shares)
SELECT coalesce(least(of_posts, of_shares) + 1, {below}) AS below, {above}::bigint AS above,
        coalesce(of_posts, of_shares) IS NULL AS is_whole
    FROM cuts
