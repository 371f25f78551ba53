"""Items: added, changed, archived, restored."""
