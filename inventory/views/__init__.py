"""Pages of master data, by noun. What they share is in `changes`; importing is one page for all nouns."""
