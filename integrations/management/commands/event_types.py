"""`manage.py event_types [--output FILE]`: write the catalogue of event types as one JSON file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from integrations.types import document


class Command(BaseCommand):
    help = "Write the catalogue of event types: meanings, JSON Schemas and samples. Needs no database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the catalogue goes."""
        parser.add_argument("--output", type=Path, help="the file; without it, standard output")

    def handle(self, *args: object, **options: Any) -> None:
        """Write it. The same release writes the same bytes."""
        if options["output"]:
            options["output"].write_text(document.text(), encoding="utf-8")
        else:
            self.stdout.write(document.text(), ending="")
