#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it first brings up the embedded PostgreSQL, migrated."""

import os
import sys

import django
from django.core.management import execute_from_command_line

from asora import embedded
from asora.library_commands import shut

WITHOUT_DATABASE = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "makemigrations",
    "sendtestemail",
    "startapp",
    "startproject",
    "version",
    *shut.SHUT,
}

# These look at the database as it is.
UNPREPARED = {"dbshell", "inspectdb", "showmigrations", "sqlmigrate"}


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asora.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    asks_for_help = command.startswith("-") or {"-h", "--help"} & set(sys.argv)
    if not os.environ.get("DATABASE_URL") and command not in WITHOUT_DATABASE and not asks_for_help:
        _bring_up_database(prepared=command not in UNPREPARED)
    execute_from_command_line(sys.argv)


def _bring_up_database(*, prepared: bool) -> None:
    try:
        embedded.default().start()
    except embedded.EmbeddedDatabaseError as error:
        sys.exit(str(error))
    if not prepared:
        return
    django.setup()
    from asora import preparation  # imports models, which need the line above

    preparation.prepare()


if __name__ == "__main__":
    main()
