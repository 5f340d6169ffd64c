"""What is written in C, and why it may be absent: see `core/compile.py`."""
