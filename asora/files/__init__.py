"""Uploaded files: stored for a day, mapped, checked, and passed to the action that imports them."""
