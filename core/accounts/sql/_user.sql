-- The columns of a user in a list: those of UserRow.
-- parameters: of
-- needs: {of} (users)
{of}.id, {of}.username, {of}.display_name, {of}.avatar_url
