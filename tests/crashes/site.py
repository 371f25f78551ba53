"""The product as it is run, on a database cluster of its own, to be killed: gunicorn, two workers, and PostgreSQL.

Everything is made by the product's own commands and actions in a temporary folder. Only processes that were started
here are ever killed: the cluster's server with its children, and children of this gunicorn.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from asora.embedded import REPOSITORY, postmaster
from asora.embedded.cluster import Cluster

TENANT, EMAIL, PASSWORD = "crash", "owner@example.com", "correct horse battery"
HUBS, BINS = ("NORTH", "SOUTH"), ("A-1", "A-2")
SKUS = {"BOLT": "0.333333", "CABLE": "2.5", "OIL": "99.99"}
DATASET = {
    "categories": "code,name,parent_code\nPARTS,Parts,\n",
    "hubs": "code,name\n" + "".join(f"{hub},{hub.title()}\n" for hub in HUBS),
    "bins": "hub_code,code\n" + "".join(f"{hub},{code}\n" for hub in HUBS for code in BINS),
    "vendors": "code,name,eligible\nACME,Acme,true\n",
    "items": "sku,name,category_code,unit,standard_cost,reorder_point\n"
    + "".join(f"{sku},{sku.title()},PARTS,EA,1,0\n" for sku in SKUS),
    "receipts": "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost\n"
    + "".join(
        f"FIRST-{hub}-{code},2026-01-31,ACME,{sku},{hub},{code},40,{cost}\n"
        for hub in HUBS
        for code in BINS
        for sku, cost in SKUS.items()
    ),
}
MAKE_TENANT = """
import sys

import django

django.setup()

from asora.kernel.act import new_act
from asora.kernel.actors import system
from plans.models import Tenant
from plans.onboarding import onboard

act = new_act(Tenant.objects.get(schema_name="public"), system("public", "tests", "plans.onboard_tenant"))
what = {"plan": "enterprise", "role_model": "standard", "currency": "EUR", "time_zone": "UTC"}
onboard(act, slug=sys.argv[1], name="Crash", costing=sys.argv[2], **what)
"""
MAKE_ENDPOINTS = """
import sys

import django

django.setup()

from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.accounts.sign_in.queries import actor_of
from asora.kernel.act import new_act
from integrations.endpoints.actions import create_endpoint
from plans.models import Tenant

tenant = Tenant.objects.get(slug=sys.argv[1])
with tenant_context(tenant):
    owner = User.objects.get(email=sys.argv[2])
    act = new_act(tenant, actor_of(owner, session_key="crash", proved=timezone.now()))
    types = [f"inventory.posting.{kind}.v1" for kind in ("receipt", "issue", "transfer")]
    for name in ("One", "Two", "Three"):
        url = "https://hooks.example.com/" + name.lower()
        with_values = name == "Two"
        create_endpoint(
            act, name=name, url=url, event_types=types, hubs=None, with_values=with_values, is_enabled=True
        )
"""
ENDPOINTS = 3  # all of them for every posting of the storm
WORKERS = 2
PATIENCE = 60.0  # seconds until a started server must answer


class Site:
    """One tenant on one cluster behind one gunicorn. `start` it, kill parts of it, `stop` it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cluster = Cluster(folder / "home")
        self.log = folder / "gunicorn.log"
        # The socket outlives the server, so that the address stays the same after a restart.
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._server: subprocess.Popen[bytes] | None = None
        self.deaths = 0  # of gunicorn's main process, which is never killed
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("ASORA_", "DJANGO_"))
        } | {
            "DATABASE_URL": self.cluster.url(),
            "SECRET_KEY": "only-for-crashes",
            "ASORA_HTTPS": "0",
            "ASORA_MAIL": "file",
            "ASORA_MAIL_FOLDER": str(folder / "mail"),
            "ASORA_LOG_LEVEL": "ERROR",
            "ASORA_STATIC_ROOT": str(folder / "static"),
        }

    @property
    def port(self) -> int:
        """Its port on loopback."""
        return int(self._listener.getsockname()[1])

    def start(self, *, costing: str) -> None:
        """Create cluster, tables, tenant, a person, master data and first stock; then start the server."""
        static = self.begin("manage.py", "collectstatic", "--noinput", "-v0")
        self.cluster.start()
        self.manage("prepare")
        # Not by `add_tenant`, which refuses if DATABASE_URL is set: a customer's tenant needs the onboarding checklist.
        self._run(MAKE_TENANT, TENANT, costing)
        self.manage("add_user", TENANT, EMAIL, "--name", "Olga", "--role", "owner", typed=PASSWORD)
        for name, text in DATASET.items():
            (self.folder / f"{name}.csv").write_text(text)
        self.manage("load_dataset", str(self.folder), "--tenant", TENANT)
        self._run(MAKE_ENDPOINTS, TENANT, EMAIL)
        assert static.wait(PATIENCE) == 0
        self.serve()
        self.wait_until_ready()

    def _run(self, script: str, *arguments: str) -> None:
        """Run a piece of Python with the product's settings, which must succeed."""
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            cwd=REPOSITORY,
            env=self._environment | {"DJANGO_SETTINGS_MODULE": "asora.settings"},
            check=False,
            capture_output=True,
            timeout=PATIENCE * 2,
        )
        assert done.returncode == 0, done.stderr.decode()

    def serve(self) -> None:
        """Start the web server, unless it is running."""
        if self._server is not None and self._server.poll() is None:
            return
        self.deaths += self._server is not None
        command = [
            sys.executable, "-m", "gunicorn", "asora.wsgi", "--bind", f"fd://{self._listener.fileno()}",
            "--worker-class", "gthread", "--workers", str(WORKERS), "--threads", "4",
            "--graceful-timeout", "10", "--log-level", "warning",
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=self._environment,
                stdout=log,
                stderr=log,
                pass_fds=[self._listener.fileno()],
            )

    def stop(self) -> None:
        """Stop everything that was started here."""
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(20)
            except subprocess.TimeoutExpired:
                for pid in [self._server.pid, *children(self._server.pid)]:
                    kill(pid)
                self._server.wait(20)
        self._listener.close()
        self.cluster.stop()

    def manage(self, *command: str, typed: str = "") -> str:
        """Run a command of the product, which must succeed; returns its output."""
        process = self.begin("manage.py", *command)
        printed, errors = process.communicate(f"{typed}\n".encode(), timeout=PATIENCE * 2)
        assert process.returncode == 0, f"{command}: {printed.decode()}\n{errors.decode()}"
        return printed.decode()

    def begin(self, *program: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start a Python program on this site's database. `variables`: more of its environment."""
        return subprocess.Popen(
            [sys.executable, *program],
            cwd=REPOSITORY,
            env=self._environment | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def kill_database(self) -> None:
        """kill -9 of all PostgreSQL processes at once; then start it again."""
        server = postmaster.find(self.cluster.data)
        assert server is not None
        os.kill(server.pid, signal.SIGSTOP)  # so that it forks no more children while they are listed
        for pid in [server.pid, *children(server.pid)]:
            kill(pid)
        wait_for(lambda: postmaster.find(self.cluster.data) is None)
        self.cluster.start()

    def kill_worker(self, chance: random.Random) -> None:
        """kill -9 of a web worker; gunicorn itself starts another one."""
        assert self._server is not None
        killed = chance.choice(children(self._server.pid))
        kill(killed)
        wait_for(lambda: killed not in self._workers())

    def wait_until_ready(self) -> None:
        """Wait until the server says that it is ready. A server that ended is started again."""

        def is_ready() -> bool:
            self.serve()
            connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
            except (OSError, HTTPException):
                return False
            finally:
                connection.close()

        wait_for(is_ready)

    def last_words(self) -> str:
        """The end of the server's log, for the message of a failure."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(_shortened(lines[-15:]))

    def _workers(self) -> list[int]:
        return children(self._server.pid) if self._server else []


@contextlib.contextmanager
def running(folder: Path, *, costing: str) -> Iterator[Site]:
    """A site in a folder of its own, stopped afterwards in any case."""
    site = Site(folder)
    try:
        site.start(costing=costing)
        yield site
    finally:
        site.stop()


def children(pid: int) -> list[int]:
    """The running child processes of a process."""
    listing = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in listing.stdout.split()]


def kill(pid: int) -> None:
    """kill -9 a process, unless it has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition is true; fail after a time-out."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.05)


def _shortened(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            yield line[:300]
        else:
            yield f"{entry.get('event')}: {str(entry.get('exception', ''))[-700:]}"
