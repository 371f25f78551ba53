"""Files of movements, read into drafts. Nothing here writes."""
