-- The text of a post or comment, its entities, and the users and hashtags that these name, as far as the viewer may see
-- their names: arrays of records, null where there are no entities.
-- parameters: of, viewer=$1
-- needs: {of}
{of}.text, {of}.entities,
    CASE WHEN cardinality({of}.entities) > 0 THEN ARRAY(
        SELECT ROW({user of=m}) FROM unnest({of}.entities) WITH ORDINALITY AS e(key, n) JOIN users m ON m.id = e.key
        WHERE e.n % 3 = 0 AND e.key > 0 AND {name_visible user_id=m.id viewer={viewer}}
    ) END AS mentions,
    CASE WHEN cardinality({of}.entities) > 0 THEN ARRAY(
        SELECT ROW({hashtag of=h}) FROM unnest({of}.entities) WITH ORDINALITY AS e(key, n) JOIN hashtags h ON h.id = -e.key
        WHERE e.n % 3 = 0 AND e.key < 0
    ) END AS hashtags
