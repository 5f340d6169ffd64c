-- A moment, which connections of the GraphQL path read as the text that clients get (core/database/moments.py).
-- An interval as the time zone costs PostgreSQL an addition, a name a thousand instructions, `to_char` five thousand.
-- parameters: of
({of} AT TIME ZONE interval '0')
