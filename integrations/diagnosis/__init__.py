"""Pages that explain: what is queued, what was sent, what was answered, and why nothing arrived."""
