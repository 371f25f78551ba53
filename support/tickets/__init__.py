"""Tickets: what customers ask, who works on it, and how it ended."""
