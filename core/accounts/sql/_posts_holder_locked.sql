-- Lets one transaction at a time make or use the account that holds deleted posts.
pg_advisory_xact_lock({posts_holder})
