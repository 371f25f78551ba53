"""Seals: signed trees over the trail and the ledger, and proofs that can be checked without this program."""
