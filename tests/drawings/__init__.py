"""Pictures of the docs that are drawn from the code: `python -m tests.drawings` writes them anew."""
