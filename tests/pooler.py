"""A real PgBouncer in front of the tests' database, in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from asora.embedded import identity

PORT = "6432"  # only names the socket file
CONFIGURATION = """
[databases]
* = host={HOST} port={PORT}
[pgbouncer]
unix_socket_dir = {folder}
listen_port = {port}
auth_type = trust
auth_file = {folder}/users
logfile = {folder}/log
pidfile = {folder}/pid
{options}
"""


def program() -> str:
    """Where it is. Without one the test is skipped, except where that would hide something."""
    found = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("no PgBouncer here: install Debian's package pgbouncer")
    if found is None:
        pytest.skip("no PgBouncer here: install Debian's package pgbouncer")
    return str(found)


@contextlib.contextmanager
def running(**options: str) -> Iterator[Path]:
    """One that pools as `options` say; yields the folder of its socket, which is its `host`."""
    place = Path(tempfile.mkdtemp(prefix="asora-pool-"))
    database = connection.settings_dict
    lines = "\n".join(f"{name} = {value}" for name, value in options.items())
    file = place / "pgbouncer.ini"
    file.write_text(CONFIGURATION.format(**database, folder=place, port=PORT, options=lines))
    (place / "users").write_text(f'"{database["USER"]}" "{database["PASSWORD"]}"\n')
    # It refuses to run as root, as PostgreSQL does.
    lend = identity.prefix(identity.owner_of_new_folder())
    process = subprocess.Popen([*lend, program(), "-q", str(file)])
    try:
        end = time.monotonic() + 60
        while not (place / f".s.PGSQL.{PORT}").exists():
            assert process.poll() is None, (place / "log").read_text()
            assert time.monotonic() < end, "it did not start"
            time.sleep(0.05)
        yield place
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(place)
