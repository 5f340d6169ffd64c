SELECT $2::bigint AS below, CASE WHEN count(*) = $4 THEN min(position) - 1 ELSE $3::bigint END AS above FROM firsts
