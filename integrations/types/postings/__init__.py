"""Postings of the ledger, by kind, and reversals."""
