"""Pool, SQL, keys, cursors: access to PostgreSQL outside the ORM."""
