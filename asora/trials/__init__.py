"""Tries out a change of rights or of a plan, before it is made, on the decisions of the last 90 days."""
