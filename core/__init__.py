"""What features are built on, and what configures, serves and seeds them."""
