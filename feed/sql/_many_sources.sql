-- How many users somebody follows whose home feed is looked for among the newest posts and shares of all users first.
1500
