"""Library commands that are disabled, because their changes are neither checked nor recorded, with their alternatives.

Each has a file in `management/commands` for Django to find; its text is here.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

REFUSED = 2


class Shut(NamedTuple):
    """What a library's command would do, and what to use instead."""

    does: str
    instead: str


_NEW_TENANT = "manage.py onboard FILE creates a tenant, and continues where it stopped"
_STOP_TENANT = (
    "To stop a tenant, run manage.py freeze start TENANT. Its ledger and its audit trail are never deleted"
)
_LOCK_OUT = Shut(
    "deletes failed sign-ins",
    "A lock-out ends by itself after 15 minutes; use manage.py reset_second_factor after the loss of a phone",
)
SHUT = {
    "axes_reset": _LOCK_OUT,
    "axes_reset_failure_logs": _LOCK_OUT,
    "axes_reset_ip": _LOCK_OUT,
    "axes_reset_ip_username": _LOCK_OUT,
    "axes_reset_logs": _LOCK_OUT,
    "axes_reset_username": _LOCK_OUT,
    "changepassword": Shut(
        "sets a person's password",
        "People change their own password on the page Security, or with “Forgotten your password?” at sign-in; "
        "manage.py add_user adds a person with a password",
    ),
    "clean_orphan_obj_perms": Shut(
        "deletes permissions of hubs and tenants",
        "Change a person's hubs on the page People",
    ),
    "clone_tenant": Shut("copies a tenant's schema, with its ledger and its people", _NEW_TENANT),
    "collectstatic_schemas": Shut(
        "collects static files per tenant", "manage.py collectstatic collects them for all tenants"
    ),
    "create_domain": Shut("gives a tenant a host name before its schema is checked", _NEW_TENANT),
    "create_missing_schemas": Shut("creates schemas without checking them", _NEW_TENANT),
    "create_tenant": Shut("creates a tenant without confirmations, checks or an audit event", _NEW_TENANT),
    "create_tenant_superuser": Shut("adds a superuser", "manage.py invite and add_user add a person"),
    "createcachetable": Shut("changes the database's tables", "manage.py prepare does what a release needs"),
    "createsuperuser": Shut("adds a superuser", "manage.py invite and add_user add a person"),
    "delete_domain": Shut("removes a tenant's host name", _STOP_TENANT),
    "delete_tenant": Shut("deletes a tenant with its ledger and its audit trail", _STOP_TENANT),
    "dumpdata": Shut(
        "prints every row, including password digests",
        "pg_dump makes a backup, and the page Exports has a tenant's reports",
    ),
    "flush": Shut(
        "empties every table",
        "To start again with an empty embedded database, run make clean and then manage.py prepare",
    ),
    "loaddata": Shut(
        "writes rows without any check",
        "manage.py load_dataset and manage.py import_counts read files through the product's own actions",
    ),
    "migrate": Shut("migrates, also backwards", "manage.py prepare applies all missing migrations"),
    "migrate_schemas": Shut("migrates, also backwards", "manage.py prepare applies all missing migrations"),
    "remove_stale_contenttypes": Shut(
        "deletes content types and the rows that depend on them",
        "manage.py prepare does what a release needs",
    ),
    "rename_schema": Shut("renames a tenant's schema", "The name of a tenant cannot change. " + _NEW_TENANT),
    "test": Shut("runs Django's own test runner", "To run the tests, run make test"),
    "testserver": Shut(
        "serves a database that is loaded from fixtures",
        "make run, or manage.py serve, serves the demo tenants",
    ),
}


def text(name: str) -> str:
    """The message of a disabled command."""
    does, instead = SHUT[name]
    return (
        f"manage.py {name} is disabled: it {does}, bypassing Asora's checks and its audit trail. {instead}."
    )


def command(module: str) -> type[BaseCommand]:
    """The `Command` of the file whose `__name__` is `module`. It refuses before it reads any argument."""
    message = text(module.rpartition(".")[2])

    class Command(BaseCommand):
        help = message

        def run_from_argv(self, argv: list[str]) -> NoReturn:
            self.stderr.write(message)
            sys.exit(REFUSED)

        def print_help(self, prog_name: str, subcommand: str) -> None:
            self.stdout.write(message)

        def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
            raise CommandError(message, returncode=REFUSED)

        def execute(self, *args: Any, **options: Any) -> NoReturn:
            raise CommandError(message, returncode=REFUSED)

    return Command
