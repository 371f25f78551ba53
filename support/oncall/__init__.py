"""Whom the desk calls, and the calls."""
