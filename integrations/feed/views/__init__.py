"""The feed for programs, and its pages for people."""
