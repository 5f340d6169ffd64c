-- {posts} posts of two years with few words: `every` and two characters in all, `even` or `odd` in every second, `tenth` in every tenth,
-- `olympics` in four of five of a tenth of the time, `rare` in five; far from the first two characters another two. Each has four of the
-- words of pairs and two of those of joints. The index is built when they are there, which is quick.
SET session_replication_role = replica;
SET maintenance_work_mem = '256MB';
DROP INDEX post_words_by_period;
INSERT INTO post_words (post_id, words)
SELECT (((extract(epoch FROM now()) * 1000)::bigint - 1262304000000 - ({posts} - n) * 63072000000::bigint / {posts}) << 22) | (n & 4194303),
    concat_ws(' ', $$'every':1 '猫':2 '猫犬':2 '犬':3,12 '犬鳥':12 '鳥':13$$, $$'a$$ || n % 5000 || $$':4$$, CASE WHEN n % 10 = 0 THEN $$'tenth':5$$ END,
        CASE n % 2 WHEN 0 THEN $$'even':8$$ ELSE $$'odd':8$$ END, CASE WHEN n % ({posts} / 5) = 7 THEN $$'rare':6$$ END,
        CASE WHEN n BETWEEN {posts} * 0.4 AND {posts} * 0.5 AND n % 5 > 0 THEN $$'olympics':7$$ END,
        (SELECT string_agg(format($$'%s%s%s'$$, CASE WHEN pair < 4 THEN '~' ELSE '^' END, substr(letters, 1 + (hash & 63), 1), substr(letters, 1 + (hash >> 6 & 63), 1)), ' ')
        FROM (SELECT pair, hashint8(n * 6 + pair) AS hash FROM generate_series(0, 5) pair) hashes))::tsvector
FROM generate_series(1, {posts}) n, (SELECT 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_' AS letters) l;
CREATE INDEX post_words_by_period ON post_words USING gin (search_periods(post_id), words) WITH (fastupdate = off);
SET session_replication_role = origin;
VACUUM (ANALYZE) post_words
