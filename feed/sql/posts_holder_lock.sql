-- Lets no other transaction make or use the account that holds deleted posts until this one ends.
SELECT {posts_holder_locked}
