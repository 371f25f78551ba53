"""Authenticator apps, recovery codes and fresh proofs."""
