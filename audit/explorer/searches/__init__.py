"""Saved searches: a query under a name, for its owner or for everybody who reads the trail."""
