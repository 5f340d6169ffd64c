"""The servers of `make run`: PostgreSQL, Valkey and the product's processes, on this machine."""
