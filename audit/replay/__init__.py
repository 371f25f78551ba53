"""Replays the decisions of the past under other rights or another plan: what would newly be refused, or allowed."""
