"""`manage.py procrastinate`, the queue's own command, with a warning."""

from procrastinate.contrib.django.management.commands import procrastinate

from asora.library_commands.beside import SaysWhatItIs


class Command(SaysWhatItIs, procrastinate.Command):
    name = "procrastinate"
