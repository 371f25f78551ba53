"""Messages that endpoints get unasked: a test event, and the report of a description that failed."""
