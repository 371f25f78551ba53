"""Changes of drafts: writing, review, sending."""
