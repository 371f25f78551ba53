"""`manage.py` in a process of its own, on the database that the tests use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlencode

from django.db import connection

REPOSITORY = Path(__file__).resolve().parents[1]
#: What the product needs beside DATABASE_URL and SECRET_KEY to run without HTTPS and mail server.
PLAIN = {"SECRET_KEY": "only-for-tests", "ASORA_HTTPS": "0", "ASORA_MAIL": "file"}


def database_url(**instead: str) -> str:
    """The address of the tests' database; `host=…, port=…` name another way to it."""
    given = {**connection.settings_dict, **{name.upper(): value for name, value in instead.items()}}
    where = {"host": given["HOST"], "port": given["PORT"]}
    query = urlencode({name: value for name, value in where.items() if value})
    return f"postgresql://{quote(given['USER'])}:{quote(given['PASSWORD'])}@/{given['NAME']}?{query}"


def environment(url: str = "", **variables: str) -> dict[str, str]:
    """The environment of a process of the product: nothing of the tests', and the tests' database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ASORA_", "DJANGO_"))}
    return kept | PLAIN | {"DATABASE_URL": url or database_url()} | variables


def manage(
    *command: str, typed: str = "", url: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """What a command printed, and how it ended."""
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=REPOSITORY,
        env=environment(url, **variables),
        input=typed,
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )


def start_wsgi(url: str) -> subprocess.CompletedProcess[str]:
    """The product, imported as gunicorn does, and how it ended: on a database that it refuses."""
    return subprocess.run(
        [sys.executable, "-c", "import asora.wsgi"],
        cwd=REPOSITORY,
        env=environment(url),
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
