"""Users, sessions, follows: sign-in, authentication and visibility."""
