#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it first starts and migrates the embedded PostgreSQL.

An error that the person at the terminal can fix is printed as a sentence; any other error keeps its traceback.
"""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import InterfaceError, OperationalError, ProgrammingError, connection

from asora import embedded
from asora.library_commands import shut
from asora.postgresql.pooling import SessionNotKept

WITHOUT_DATABASE = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "event_types",
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

# These work on the database without preparing it.
UNPREPARED = {"dbshell", "inspectdb", "showmigrations", "sqlmigrate"}

INSUFFICIENT_PRIVILEGE = "42501"


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asora.settings")
    try:
        _run()
    except (ImproperlyConfigured, embedded.EmbeddedDatabaseError) as error:
        sys.exit(str(error))
    except (OperationalError, InterfaceError) as error:
        if isinstance(error, SessionNotKept):
            sys.exit(f"Asora cannot use this database: {error}.")
        if connection.connection is not None:
            raise
        sys.exit(f"The database does not answer: {error}")
    except ProgrammingError as error:
        sys.exit(_message_of(error))


def _run() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    asks_for_help = command.startswith("-") or {"-h", "--help"} & set(sys.argv)
    if not os.environ.get("DATABASE_URL") and command not in WITHOUT_DATABASE and not asks_for_help:
        # Only `make run` creates a demo database. Its clock can be moved, to record a past for the demo.
        _bring_up_database(prepared=command not in UNPREPARED, demo=command == "serve")
    execute_from_command_line(sys.argv)


def _bring_up_database(*, prepared: bool, demo: bool) -> None:
    embedded.default().start(demo=demo)
    if not prepared:
        return
    django.setup()
    from asora.startup import preparation  # imports models, which need django.setup()

    preparation.prepare()


def _message_of(error: ProgrammingError) -> str:
    """The message for a missing table, column or privilege; raises the error again if it is a bug."""
    from asora.startup import preparation

    if getattr(error.__cause__, "sqlstate", None) == INSUFFICIENT_PRIVILEGE:
        return f"The database role lacks a privilege: {error}"
    connection.close()  # its transaction may have failed
    if not preparation.lacks_migrations():
        raise error
    return f"{preparation.UNPREPARED[0].upper()}{preparation.UNPREPARED[1:]}."


if __name__ == "__main__":
    main()
