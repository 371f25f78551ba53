"""Every change to people and to their proofs of identity, one module for each noun."""
