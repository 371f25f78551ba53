"""A PostgreSQL server in one folder, reached through one Unix socket.

The folder contains ``data`` (the server's own), ``socket``, ``postgresql.log`` and ``lock``. It is private to its
owner, and this is the only protection: the server trusts everybody who can reach the socket.
"""

import contextlib
import fcntl
import hashlib
import os
import shlex
import shutil
import signal
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from asora.embedded import demo as mark
from asora.embedded import identity, postmaster
from asora.embedded.binaries import MAJOR, run
from asora.embedded.errors import EmbeddedDatabaseError

ADMINISTRATOR = "asora_admin"
APPLICATION = "asora"
PORT = "5432"  # part of the socket file's name; the server does not listen on a network
MAX_SOCKET_PATH = 100  # bytes; the limit is 107 on Linux and 103 on macOS
PRIVATE = 0o700

# Durability is set explicitly: acknowledged transactions survive kill -9 and a power cut.
SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "max_locks_per_transaction": "256",  # cloning and dropping whole schemas locks every table in them
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}

# The application's role owns its database and may create databases for tests. A superuser could bypass triggers.
FIRST_STATEMENTS = f"""\
CREATE ROLE {APPLICATION} LOGIN NOSUPERUSER CREATEDB
CREATE DATABASE {APPLICATION} OWNER {APPLICATION}
"""

ACCESS = ["--auth-local=trust", "--auth-host=reject"]

# The built-in locale sorts by code point and knows all letters, in the same way on every operating system.
LANGUAGE = [
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--text-search-config=english",
]

START_SECONDS = 120  # after a crash the server first replays its log
STOP_SECONDS = 60
ORPHAN_SECONDS = 10


class Cluster:
    """The embedded PostgreSQL of one folder. Creating the object does not touch the folder; ``start`` does."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "postgresql.log"
        self.sockets = _socket_folder(self.folder)

    def start(self, *, demo: bool = False) -> None:
        """Make sure that the server runs: use it, recover it or create it. Processes may call this in parallel.

        `demo`: if the database must be created, mark it as a demo (`asora.embedded.demo`). Raises
        EmbeddedDatabaseError if the programs are missing, the folder is another user's, or the server does not start.
        """
        if self.running():
            return
        with self._alone():
            self._stop_unless_healthy()
            if self.running():
                return
            if not self.data.exists():
                self._create(demo=demo)
            self._launch()

    def stop(self) -> None:
        """Stop the server cleanly and disconnect its clients; do nothing if it is not running."""
        if self._server() is None:
            return
        with self._alone():
            self._stop()

    def running(self) -> bool:
        """Return True if the server of this folder is ready and answers on its socket."""
        server = self._server()
        return server is not None and server.state == "ready" and self._answers()

    def was_killed(self) -> bool:
        """Return True if its server died without being stopped. A stopped server removes its pid file."""
        return self._server() is None and (self.data / postmaster.PID_FILE).exists()

    def connection_settings(self, database: str = APPLICATION) -> dict[str, str]:
        """Django's connection settings for the application's role. Does not start the server."""
        return {"NAME": database, "USER": APPLICATION, "HOST": str(self.sockets), "PORT": PORT}

    def url(self, database: str = APPLICATION) -> str:
        """The same as a URL that libpq understands."""
        return f"postgresql://{APPLICATION}@/{database}?host={quote(str(self.sockets), safe='')}&port={PORT}"

    def _stop_unless_healthy(self) -> None:
        """Stop a server that runs but cannot be reached, for example because its socket was deleted."""
        _wait(lambda: not self._starting(), seconds=START_SECONDS)
        if not self.running():
            self._stop()

    def _server(self) -> postmaster.Postmaster | None:
        try:
            return postmaster.find(self.data)
        except PermissionError:
            raise _not_ours(self.folder) from None

    def _starting(self) -> bool:
        server = self._server()
        return server is not None and server.state == "starting"

    def _stop(self) -> None:
        server = self._server()
        if server is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(server.pid, signal.SIGINT)  # PostgreSQL's "fast" shutdown
        if not _wait(lambda: self._server() is None, seconds=STOP_SECONDS):
            raise EmbeddedDatabaseError(f"PostgreSQL (process {server.pid}) did not stop. See {self.log}.")

    def _create(self, *, demo: bool) -> None:
        """Build the data folder under another name and then move it, so that a crash never leaves half of one."""
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        prefix = identity.prefix(identity.owner_of_new_folder())
        place = [f"--pgdata={unfinished}", f"--username={ADMINISTRATOR}"]
        run("initdb", [*place, *ACCESS, *LANGUAGE], prefix=prefix, folder=self.folder)
        scripts = [("postgres", FIRST_STATEMENTS), *([(APPLICATION, mark.STATEMENTS)] if demo else [])]
        for database, script in scripts:
            single = ["--single", "-D", str(unfinished), database]
            output = run("postgres", single, prefix=prefix, folder=self.folder, script=script)
            if "ERROR:" in output:
                raise EmbeddedDatabaseError(f"The embedded PostgreSQL could not be set up:\n{output}")
        unfinished.rename(self.data)

    def _launch(self) -> None:
        self._check_version()
        _make_private(self.sockets)
        if not _wait(lambda: not postmaster.has_orphans(self.data), seconds=ORPHAN_SECONDS):
            raise EmbeddedDatabaseError(
                f"Processes of a killed PostgreSQL are still using {self.data}. Stop them, then try again."
            )
        postmaster.forget_strangers(self.data, sockets=self.sockets)
        settings = SETTINGS | {"unix_socket_directories": f'"{self.sockets}"'}
        options = shlex.join(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
        place = [f"--pgdata={self.data}", f"--log={self.log}", f"--options={options}"]
        prefix = identity.prefix(identity.settle(self.data))
        try:
            run(
                "pg_ctl",
                ["start", "--wait", f"--timeout={START_SECONDS}", *place],
                prefix=prefix,
                folder=self.folder,
            )
        except EmbeddedDatabaseError as error:
            raise EmbeddedDatabaseError(f"{error}\n{self._last_log_lines()}") from None

    def _check_version(self) -> None:
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != MAJOR:
            raise EmbeddedDatabaseError(
                f"{self.data} was written by PostgreSQL {version}, and this is PostgreSQL {MAJOR}. "
                "Export your data with the version that wrote it, or move the folder away to start again."
            )

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.sockets / f".s.PGSQL.{PORT}"))
            except OSError:
                return False
        return True

    def _last_log_lines(self) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Take the folder's lock. The kernel releases it when the process ends, so it is never left behind."""
        try:
            _make_private(self.folder)
            lock = (self.folder / "lock").open("w")
        except PermissionError:
            raise _not_ours(self.folder) from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _socket_folder(folder: Path) -> Path:
    """The folder of the socket: in the cluster's folder, or in /tmp if that path is too long for a socket.

    Never in TMPDIR, because processes with different values of TMPDIR must find the same socket.
    """
    beside = folder / "socket"
    if len(os.fsencode(beside / f".s.PGSQL.{PORT}")) <= MAX_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:20]
    return Path("/tmp") / f"asora-{name}"  # noqa: S108 (_make_private refuses a folder laid out by others)


def _make_private(folder: Path) -> None:
    """Create the folder with mode 0700, or set that mode; refuse a folder of another user."""
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    facts = folder.lstat()
    if folder.is_symlink() or (facts.st_uid != os.geteuid() and os.geteuid() != identity.ROOT):
        raise _not_ours(folder)
    if stat.S_IMODE(facts.st_mode) != PRIVATE:
        folder.chmod(PRIVATE)


def _not_ours(folder: Path) -> EmbeddedDatabaseError:
    return EmbeddedDatabaseError(
        f"{folder} belongs to another user. Run as that user, or set ASORA_HOME to a folder of your own."
    )


def _wait(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Return True if the condition became true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
