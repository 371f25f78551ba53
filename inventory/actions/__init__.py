"""Every change of master data, by noun. What the nouns share is in `records` (one row) and `files` (a whole file)."""
