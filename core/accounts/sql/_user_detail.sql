{of}.id, {of}.bio, {of}.created_at, {of}.follower_count, {of}.following_count, {of}.post_count
