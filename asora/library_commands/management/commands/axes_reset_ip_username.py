"""`manage.py axes_reset_ip_username` is disabled; `asora.library_commands.shut` says why, and what to use instead."""

from asora.library_commands import shut

Command = shut.command(__name__)
