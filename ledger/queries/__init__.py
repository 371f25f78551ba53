"""Named reads of the ledger: which position is meant, what lay where at it, and what happened up to it."""
