-- The deleted account that gets deleted posts until all that belongs to them is removed.
1::bigint
