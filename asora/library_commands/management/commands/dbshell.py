"""`manage.py dbshell`, with a warning."""

from django.core.management.commands import dbshell

from asora.library_commands.beside import SaysWhatItIs


class Command(SaysWhatItIs, dbshell.Command):
    name = "dbshell"
