"""Pages of people: the way in, and settings."""
