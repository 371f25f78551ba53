"""Proof files: rows, the seals over them and a program that checks both, for people outside of this installation."""
