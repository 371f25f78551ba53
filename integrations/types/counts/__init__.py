"""Counts that were approved: what was counted, and the correction that was posted."""
