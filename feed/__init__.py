"""Posts, feeds: writes, reads and live updates."""
