#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it first brings up the embedded PostgreSQL, migrated.

What the person at the terminal can mend is said in a sentence; what only we can mend keeps its traceback.
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
            sys.exit(f"Asora does not work here: {error}.")
        if connection.connection is not None:
            raise
        sys.exit(f"The database does not answer: {error}")
    except ProgrammingError as error:
        sys.exit(_told(error))


def _run() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    asks_for_help = command.startswith("-") or {"-h", "--help"} & set(sys.argv)
    if not os.environ.get("DATABASE_URL") and command not in WITHOUT_DATABASE and not asks_for_help:
        # What `make run` creates is a demo, and only that: its clock can be moved, to give it a past.
        _bring_up_database(prepared=command not in UNPREPARED, demo=command == "serve")
    execute_from_command_line(sys.argv)


def _bring_up_database(*, prepared: bool, demo: bool) -> None:
    embedded.default().start(demo=demo)
    if not prepared:
        return
    django.setup()
    from asora.startup import preparation  # imports models, which need the line above

    preparation.prepare()


def _told(error: ProgrammingError) -> str:
    """What a missing table, column or right means; raises the error again when it is a fault of ours."""
    from asora.startup import preparation

    if getattr(error.__cause__, "sqlstate", None) == INSUFFICIENT_PRIVILEGE:
        return f"The database refuses this to its role: {error}"
    connection.close()  # it may be in a transaction that has failed
    if not preparation.lacks_migrations():
        raise error
    return f"{preparation.UNPREPARED[0].upper()}{preparation.UNPREPARED[1:]}."


if __name__ == "__main__":
    main()
