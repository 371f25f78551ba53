"""An event as other programs read it: CSV, JSON lines, OCSF, ECS and CloudEvents. Pure functions, no database.

People appear by pseudonym only. So the same events always give the same bytes, and a file that was handed out names
nobody, whatever happens to the directory later.
"""
