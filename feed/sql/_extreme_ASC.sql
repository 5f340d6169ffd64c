least
