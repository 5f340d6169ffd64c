"""The optional extension in C: `setup.py` builds it."""
