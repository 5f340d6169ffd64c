"""Optional extensions in C: `core/compile.py` builds them."""
