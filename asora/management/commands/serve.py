"""`manage.py serve`: the product with its demo tenants on http://localhost:8000, as `make run` starts it."""

from __future__ import annotations

import io
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from asora import demo, preparation, startup
from asora.supervising import run_together
from audit import trail


class Command(BaseCommand):
    help = "Prepare the database, add the demo tenants when there is no tenant yet, print the sign-ins, and serve."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen."""
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--workers", type=int, default=2)

    def handle(self, *args: Any, **options: Any) -> None:
        """Everything before the first request, then the server and the worker beside it until they are stopped."""
        preparation.prepare()
        demo.make()
        startup.prove()
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
            "--bind", f"127.0.0.1:{options['port']}",
            "--worker-class", "gthread", "--workers", str(options["workers"]), "--threads", "4",
            "--graceful-timeout", "10", "--log-level", "warning",
        ]  # fmt: skip
        worker = [sys.executable, "manage.py", "work"]
        if status := run_together(gunicorn, worker):
            raise CommandError(f"The server ended by itself, with status {status}.", returncode=1)
