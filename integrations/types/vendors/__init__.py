"""Vendors whose deliveries can or cannot be received."""
