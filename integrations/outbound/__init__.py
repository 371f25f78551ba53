"""Outgoing HTTPS requests, to vetted addresses only."""
