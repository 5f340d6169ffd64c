{of}.id, {of}.username, {of}.display_name, {of}.avatar_url
