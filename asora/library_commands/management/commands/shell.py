"""`manage.py shell`, with a warning."""

from django.core.management.commands import shell

from asora.library_commands.beside import SaysWhatItIs


class Command(SaysWhatItIs, shell.Command):
    name = "shell"
