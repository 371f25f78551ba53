"""Named reads of the ledger: positions, stock at a position, and movements up to it."""
