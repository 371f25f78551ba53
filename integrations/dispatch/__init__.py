"""Dispatch: explicit sending, one attempt per request, every attempt recorded."""
