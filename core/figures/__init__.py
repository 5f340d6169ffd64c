"""Daily figures: how much was done each day, and the first page of the admin, which shows it."""
