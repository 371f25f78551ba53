"""Fixtures of all tests. The usual test takes `acacia` and `act_as` or `client_as` and leaves nothing behind.

- `acacia`, `birch`, `cedar`: the tenant, bound, in the test's transaction (tests/factories/people.py: who lives there).
- `master_data`: two hubs, six bins, two vendors and three items in Acacia.
- `act_as("manager")`: an Act in the bound tenant, for calling actions.
- `client_as("manager")`: a signed-in browser on the bound tenant's host.
- `committed_tenant()`: a throw-away tenant with real commits, for `threads(8, work)`; not together with `db`.
- `events(action="…")`: the bound tenant's audit events, oldest first.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django_tenants.utils import tenant_context

from asora.accounts.sign_in.queries import needs_second_factor
from asora.accounts.sign_in.sessions import mark_proved
from asora.kernel.act import Act
from audit.events.models import Event
from plans.models import Tenant
from tests import database
from tests.factories import people, tenants
from tests.factories.authenticator_apps import set_up_app
from tests.factories.master_data import MasterData, make_master_data

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """A database server and a fresh copy of the prepared database, instead of pytest-django's migrating."""
    with (
        django_db_blocker.unblock(),
        database.server(),
        database.copy_of_prepared(),
        django_db_blocker.block(),
    ):
        yield


@pytest.fixture(autouse=True)
def _no_tenant_left_behind() -> Iterator[None]:
    """Every test starts and ends in public, whatever it bound."""
    connection.set_schema_to_public()
    yield
    connection.set_schema_to_public()


@pytest.fixture
def acacia(db: None) -> Iterator[Tenant]:
    """Acacia Trading, bound: plan pro, standard roles."""
    yield from _bound("acacia")


@pytest.fixture
def birch(db: None) -> Iterator[Tenant]:
    """Birch & Sons, the neighbour: plan free, standard roles. Bound, unless another one is already."""
    yield from _bound("birch")


@pytest.fixture
def cedar(db: None) -> Iterator[Tenant]:
    """Cedar Pharma: plan pro, segregated roles. Bound, unless another one is already."""
    yield from _bound("cedar")


@pytest.fixture
def public(db: None) -> Tenant:
    """The public host, where operators and agents live."""
    return tenants.public()


@pytest.fixture
def master_data(acacia: Tenant) -> MasterData:
    """Two hubs, six bins, two vendors and three items in Acacia."""
    return make_master_data()


def _bound(slug: str) -> Iterator[Tenant]:
    with _in_public():
        tenant = Tenant.objects.get(slug=slug)
    is_first = connection.schema_name == "public"
    if is_first:
        connection.set_tenant(tenant)
    yield tenant
    if is_first:
        connection.set_schema_to_public()


@contextlib.contextmanager
def _in_public() -> Iterator[None]:
    """Read public rows and come back: reading a Tenant while bound works too, but says less."""
    before = connection.tenant
    connection.set_schema_to_public()
    try:
        yield
    finally:
        connection.set_tenant(before)


@pytest.fixture
def act_as() -> Callable[..., Act]:
    """`act_as("manager")`: an act of that person in the bound tenant, or in `tenant=`, or of `user=`."""

    def make(
        role: str = "", *, tenant: Tenant | None = None, user: Any = None, route: str = "POST /tests/"
    ) -> Act:
        where = tenant or bound_tenant()
        return people.act_of(user or people.person(role, where), where, route=route)

    return make


class TenantClient(Client):
    """A browser on a tenant's host. Afterwards the test is still in the tenant that it had bound."""

    def __init__(self, tenant: Tenant, **options: Any) -> None:
        host = "localhost" if tenant.schema_name == "public" else f"{tenant.slug}.localhost"
        super().__init__(**{"HTTP_HOST": host} | options)
        self.tenant = tenant

    def request(self, **request: Any) -> Any:
        before = connection.tenant
        try:
            return super().request(**request)
        finally:
            connection.set_tenant(before)

    def sign_in(self, user: Any) -> None:
        """A session for `user`, in the schema where they live; the cookie goes to this client's host."""
        with tenant_context(Tenant.objects.get(schema_name=user.schema)):
            self.force_login(user, backend="asora.accounts.backends.PasswordBackend")
            session = self.session
            mark_proved(session, second_factor="app" if needs_second_factor(user) else "")
            session.save()


@pytest.fixture
def client_as() -> Callable[..., TenantClient]:
    """`client_as("manager")`: their browser on the bound tenant's host; without a role, nobody's.

    `client_as("outsider")` has the cookie of Birch's owner, `client_as("operator")` that of an operator.
    """

    def make(
        role: str = "", *, tenant: Tenant | None = None, user: Any = None, **options: Any
    ) -> TenantClient:
        where = tenant or bound_tenant()
        client = TenantClient(where, **options)
        if role or user:
            client.sign_in(user or people.person(role, where))
        return client

    return make


@pytest.fixture
def events() -> Callable[..., list[Event]]:
    """`events(action="…", outcome="…")`: the bound tenant's audit events, oldest first."""

    def find(**lookup: Any) -> list[Event]:
        return list(Event.objects.filter(**lookup).order_by("occurred_at", "id"))

    return find


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Commands that `--as` somebody are asked for password and code, as on a terminal."""
    return Terminal(monkeypatch)


class Terminal:
    """Somebody at a terminal, who types the password of everybody here and, one after the other, codes from paper."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.password = people.PASSWORD
        self.asked: list[str] = []
        self._codes: dict[str, list[str]] = {}
        monkeypatch.setattr("sys.stdin", types.SimpleNamespace(isatty=lambda: True))
        monkeypatch.setattr("asora.accounts.terminal.getpass", self._type)

    def has_app(self, user: Any) -> None:
        """Let somebody of the public host have an authenticator app, and recovery codes."""
        self._codes[user.email] = set_up_app(user, tenants.public())

    def _type(self, prompt: str) -> str:
        self.asked.append(prompt)
        if prompt.startswith("Password for "):
            self._who = prompt.removeprefix("Password for ").rstrip(": ").lower()
            return self.password
        return next(iter(self._codes.get(self._who, [])[:1]), "") and self._codes[self._who].pop(0)


@contextlib.contextmanager
def throwaway_tenants() -> Iterator[Callable[..., Tenant]]:
    """A maker of really committed tenants, which binds what it makes, and their end."""
    made: list[Tenant] = []

    def make(**values: Any) -> Tenant:
        connection.set_schema_to_public()
        made.append(tenants.make_tenant(f"throwaway-{next(_numbers)}", **values))
        connection.set_tenant(made[-1])
        return made[-1]

    yield make
    connection.set_schema_to_public()
    for tenant in made:
        tenants.remove_tenant(tenant)


@pytest.fixture
def committed_tenant(django_db_setup: None, django_db_blocker: Any) -> Iterator[Callable[..., Tenant]]:
    """`committed_tenant(plan="free")`: a throw-away tenant, really committed, bound. May be called again."""
    with django_db_blocker.unblock(), throwaway_tenants() as make:
        yield make


@pytest.fixture
def threads() -> Callable[..., list[Any]]:
    """`threads(8, work)`: `work(0)` … `work(7)` at the same moment, each in a thread bound to the tenant.

    Returns in that order what each returned or raised.
    """

    def run(count: int, work: Callable[[int], Any]) -> list[Any]:
        tenant = connection.tenant
        results: list[Any] = [None] * count
        start = threading.Barrier(count)

        def one(number: int) -> None:
            try:
                connection.set_tenant(tenant)
                connection.ensure_connection()
                start.wait(timeout=30)
                results[number] = work(number)
            except Exception as error:  # noqa: BLE001 (what was raised is the result)
                results[number] = error
            finally:
                connections.close_all()

        running = [threading.Thread(target=one, args=(number,)) for number in range(count)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join(timeout=120)
        return results

    return run


def bound_tenant() -> Tenant:
    if connection.schema_name == "public":
        return tenants.public()
    tenant = connection.tenant
    assert isinstance(tenant, Tenant), "bind a tenant first: take the fixture `acacia`"
    return tenant
