"""Hubs: added, renamed, archived, restored."""
