"""Pages of what is queued, sent and answered."""
