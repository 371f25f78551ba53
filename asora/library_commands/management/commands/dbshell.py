"""`manage.py dbshell`, saying what it is."""

from django.core.management.commands import dbshell

from asora.library_commands.beside import SaysWhatItIs


class Command(SaysWhatItIs, dbshell.Command):
    name = "dbshell"
