"""`manage.py remove_stale_contenttypes` is disabled; `asora.library_commands.shut` says why, and what to use."""

from asora.library_commands import shut

Command = shut.command(__name__)
