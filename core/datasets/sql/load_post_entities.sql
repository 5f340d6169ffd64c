-- The inserted posts that mention users or have hashtags, and their entities: the arguments of post_entities_set.
SELECT coalesce(array_agg(n.id ORDER BY n.id), '{}')::text, coalesce(array_agg(n.entities::text ORDER BY n.id), '{}')
FROM new_posts n JOIN posts p ON p.id = n.id
WHERE EXISTS (SELECT FROM unnest(n.entities) WITH ORDINALITY AS e(key, n) WHERE e.n % 3 = 0 AND e.key <> 0)
