"""Every change of master data, one module per noun. Shared code: `records` (one row) and `files` (a whole file)."""
