"""Pages of master data, one module per noun. `records`, `changes` and `imports` are shared by all nouns."""
