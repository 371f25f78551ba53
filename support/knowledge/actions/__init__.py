"""Changes of the knowledge room. Public rows only."""
