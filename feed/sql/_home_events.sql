('post_created', 'post_deleted', 'post_shared', 'post_unshared')
