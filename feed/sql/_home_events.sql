-- The kinds of events that change home feeds.
('post_created', 'post_deleted', 'post_shared', 'post_unshared')
