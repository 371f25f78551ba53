"""`manage.py serve`: the product with its demo tenants on http://localhost:8000, as `make run` starts it."""

from __future__ import annotations

import io
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from asora import demo, embedded
from asora.management.supervising import run_together
from asora.startup import guarantees, preparation
from audit.events import trail

HOST = "127.0.0.1"


class Command(BaseCommand):
    help = (
        "Prepare the database, add the demo tenants if there is no tenant yet, print the sign-ins, and serve."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The address to listen on."""
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--workers", type=int, default=2)

    def handle(self, *args: object, **options: Any) -> None:
        """Prepare everything, then run the server and a worker until they are stopped."""
        _demand_free_port(options["port"])
        preparation.prepare()
        demo.make()
        guarantees.prove()
        call_command("clear_sessions", stdout=io.StringIO())
        call_command("clear_uploads", stdout=io.StringIO())
        trail.sweep()
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        self.stdout.write(demo.sign_ins(port=options["port"]))
        self.stdout.flush()
        connections.close_all()
        gunicorn = [
            sys.executable, "-m", "gunicorn", "asora.wsgi",
            "--bind", f"{HOST}:{options['port']}",
            "--worker-class", "gthread", "--workers", str(options["workers"]), "--threads", "4",
            "--graceful-timeout", "10", "--log-level", "warning",
        ]  # fmt: skip
        worker = [sys.executable, "manage.py", "work"]
        look_after = _restart_killed_database if settings.EMBEDDED else None
        if status := run_together(gunicorn, worker, look_after=look_after):
            raise CommandError(f"The server ended unexpectedly with status {status}.", returncode=1)


def _demand_free_port(port: int) -> None:
    """Refuse a port that is taken, before the long preparation and before any address is printed."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn does
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}). Choose another port: PORT={port + 1} make run",
                returncode=1,
            ) from error


def _restart_killed_database() -> None:
    """Start the embedded database again if it was killed. If `make stop` stopped it, it stays stopped."""
    cluster = embedded.default()
    if not cluster.was_killed():
        return
    sys.stderr.write("The database was killed. It is started again.\n")
    try:
        cluster.start()
    except embedded.EmbeddedDatabaseError as error:
        sys.stderr.write(f"{error}\n")
