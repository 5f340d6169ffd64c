SELECT CASE WHEN count(*) = $4 THEN max(position) + 1 ELSE $2::bigint END AS below, $3::bigint AS above FROM firsts
