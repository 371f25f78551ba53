"""Freezes of the company by the operator."""
