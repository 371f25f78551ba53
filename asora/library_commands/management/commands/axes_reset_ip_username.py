"""`manage.py axes_reset_ip_username` is shut; `asora.library_commands.shut` says why, and what to use."""

from asora.library_commands import shut

Command = shut.command(__name__)
