1::bigint
