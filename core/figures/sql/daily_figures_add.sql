-- Adds to figures. Arrays with one place for each day and name, none of them twice: $1 days, $2 names, $3 counts.
INSERT INTO daily_figures AS f (day, name, count)
SELECT day::date, name, n FROM unnest($1::text[], $2::text[], $3::bigint[]) AS t(day, name, n)
ORDER BY day, name
ON CONFLICT (day, name) DO UPDATE SET count = f.count + excluded.count
RETURNING f.name
