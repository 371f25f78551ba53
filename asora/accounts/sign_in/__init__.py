"""Passwords, sessions, lock-out and the trace of every attempt."""
