"""Comments, likes, shares: writes, reads, counts and live updates."""
