-- The author of each post of a page that carries the columns of {author_read}, as a.
-- parameters: page
-- needs: {page} (author_id, username, display_name, avatar_url, is_private)
CROSS JOIN LATERAL (
    SELECT {page}.author_id AS id, {page}.username, {page}.display_name, {page}.avatar_url, {page}.is_private
) a
