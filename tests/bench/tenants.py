"""What tenants cost: making one against cloning a schema, and a request beside many tenants against one beside few.

Requests go through the product's whole WSGI stack with commits. The few tenants are in the database of this run, the
many in an extended copy of it; each has a connection of its own that stays open, and the two take turns.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any
from uuid import uuid4

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, connections
from django.test import Client
from django_tenants.clone import CloneSchema
from django_tenants.utils import tenant_context

from asora.accounts.sign_in.sessions import SessionStore
from asora.kernel.act import new_act
from asora.kernel.actors import system
from plans import schemas
from plans.models import Domain, Tenant
from plans.onboarding import onboard
from tests import database
from tests.bench import twin_tenants
from tests.bench.harness import Result, Size, Times, side_by_side
from tests.factories import people, tenants

MAKING_GOAL, REQUEST_GOAL = 2.0, 1.2
FEW = ("acacia", "birch")
ITEM, BIN, VENDOR, HUB = "SKU-0000", "B-0", "VENDOR-0", "HUB-0"
PAGES = {
    "dashboard": "/",
    "items": "/items/",
    "item": f"/items/{ITEM}/",
    "stock on hand": f"/reports/stock-on-hand/?hub={HUB}",
}
POSTING = "posting"

_numbers = itertools.count(1)


def measure(size: Size) -> Iterator[Result]:
    """Making a tenant; requests to one tenant; requests to all of them by turns."""
    yield _making(size)
    with _few_and_many(size) as (few, many):
        yield _requests("one tenant's requests", few, many, turns=size.postings // 3, hosts=1)
        yield _requests("all tenants' requests by turns", few, many, turns=size.tenants, hosts=size.tenants)


def _making(size: Size) -> Result:
    """Making a tenant (row, clone, proof and host name) against the clone alone; in turns, in one database."""
    made: list[str] = []
    act = new_act(tenants.public(), system("public", "tests", "plans.onboard_tenant"), route="make bench")

    def by_the_product(_turn: int) -> Callable[[], object]:
        slug = f"made-{next(_numbers)}"
        values = {"name": "Made", "plan": "pro", "role_model": "standard"}
        return lambda: onboard(act, slug=slug, **values)

    def cloned(_turn: int) -> Callable[[], object]:
        made.append(f"cloned_{next(_numbers)}")
        return lambda: CloneSchema().clone_schema(schemas.TEMPLATE, made[-1])

    connection.set_schema_to_public()
    times = side_by_side(asora=by_the_product, by_hand=cloned, turns=size.tenants_made, warm_up=2)
    reached = Domain.objects.filter(tenant__slug__startswith="made-")
    served = list(reached.values_list("tenant__schema_name", flat=True))
    wrong = [problem for name in served for problem in schemas.problems(name)]
    if len(served) != size.tenants_made + 2:
        wrong.append(f"{len(served)} tenants can be reached")
    for name in made:
        schemas.drop(name)
    for tenant in Tenant.objects.filter(slug__startswith="made-"):
        tenants.remove_tenant(tenant)
    return Result(
        work="a new tenant: row, clone, proof and host name",
        ratio=times.ratio,
        goal=MAKING_GOAL,
        is_at_most=True,
        detail=times.detail(),
        figures={"asora": list(times.asora), "by_hand": list(times.by_hand), "wrong": wrong},
    )


@dataclass
class Site:
    """One of the two databases, and a signed-in browser of each of its tenants' owners."""

    connection: Any
    browsers: list[Client] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def use(self) -> None:
        """Connect the product to this database, in other threads too; its connection stays open."""
        connections["default"] = self.connection
        connections.settings["default"]["NAME"] = self.connection.settings_dict["NAME"]

    def open(self, slugs: Sequence[str]) -> None:
        """Open a session of each tenant's owner; and update statistics, as autovacuum would."""
        self.use()
        connection.set_schema_to_public()
        for slug in slugs:
            self.browsers.append(_browser(Tenant.objects.get(slug=slug)))
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _requests(work: str, few: Site, many: Site, *, turns: int, hosts: int) -> Result:
    """Rounds of typical requests in both databases, in turns; each host was requested once before."""
    taken: dict[str, list[dict[str, float]]] = {"few": [], "many": []}

    def rounds(name: str, site: Site) -> Callable[[int], Callable[[], object]]:
        def prepare(turn: int) -> Callable[[], object]:
            site.use()
            client = site.browsers[turn % min(hosts, len(site.browsers))]
            return lambda: taken[name].append(_round(site, client))

        return prepare

    times = side_by_side(
        asora=rounds("many", many), by_hand=rounds("few", few), turns=turns, warm_up=hosts + 3
    )
    few.use()
    each = {kind: _ratio(taken, kind, turns) for kind in (*PAGES, POSTING)}
    return Result(
        work=f"{work}, {len(many.browsers)} tenants against {len(few.browsers)}",
        ratio=times.ratio,
        goal=REQUEST_GOAL,
        is_at_most=True,
        detail=times.detail() + "; " + ", ".join(f"{kind} {ratio:.2f}x" for kind, ratio in each.items()),
        figures={
            "many": list(times.asora),
            "few": list(times.by_hand),
            "each": each,
            "wrong": few.wrong + many.wrong,
        },
    )


def _ratio(taken: dict[str, list[dict[str, float]]], kind: str, turns: int) -> float:
    seconds = {name: [each[kind] for each in rows[-turns:]] for name, rows in taken.items()}
    return Times(asora=seconds["many"], by_hand=seconds["few"]).ratio


def _round(site: Site, client: Client) -> dict[str, float]:
    """A few pages and one posting. Returns the seconds of each."""
    seconds = {}
    for kind, address in PAGES.items():
        started = perf_counter()
        status = client.get(address).status_code
        seconds[kind] = perf_counter() - started
        if status != 200:
            site.wrong.append(f"{kind}: {status}")
    started = perf_counter()
    response = client.post("/receive/", _delivery())
    seconds[POSTING] = perf_counter() - started
    if response.status_code != 302:
        site.wrong.append(f"{POSTING}: {response.status_code}")
    return seconds


def _delivery() -> dict[str, str]:
    """One receipt of one line, as a browser sends it."""
    return {
        "vendor": VENDOR,
        "reference": f"PO-{uuid4()}",
        "effective_on": twin_tenants.DAY.isoformat(),
        "hub": HUB,
        "note": "",
        "submission": str(uuid4()),
        "lines-TOTAL_FORMS": "1",
        "lines-INITIAL_FORMS": "0",
        "lines-0-sku": ITEM,
        "lines-0-bin": BIN,
        "lines-0-quantity": "3",
        "lines-0-unit_cost": "1.25",
    }


@contextlib.contextmanager
def _few_and_many(size: Size) -> Iterator[tuple[Site, Site]]:
    """Two databases of their own: one with two tenants, and a copy of it with as many as the size says."""
    default, name = connections["default"], connections.settings["default"]["NAME"]
    try:
        with database.another_copy() as first:
            few = Site(first)
            few.use()
            for tenant in Tenant.objects.exclude(slug__in=["public", *FEW]):
                tenants.remove_tenant(tenant)
            for slug in FEW:
                with tenant_context(Tenant.objects.get(slug=slug)):
                    twin_tenants.fill()
            with database.another_copy() as second:
                many = Site(second)
                many.use()
                more = [f"tenant-{number}" for number in range(size.tenants - len(FEW))]
                for slug in more:
                    with tenant_context(tenants.make_tenant(slug)):
                        twin_tenants.fill()
                for site, slugs in ((few, FEW), (many, [*FEW, *more])):
                    site.open(slugs)
                yield few, many
    finally:
        connections["default"] = default
        connections.settings["default"]["NAME"] = name
        connection.set_schema_to_public()


def _browser(tenant: Tenant) -> Client:
    """A browser with a committed session of the tenant's owner."""
    owner = people.person("owner", tenant)
    with tenant_context(tenant):
        session = SessionStore()
        session[SESSION_KEY] = str(owner.pk)
        session[BACKEND_SESSION_KEY] = "asora.accounts.backends.PasswordBackend"
        session[HASH_SESSION_KEY] = owner.get_session_auth_hash()
        session.create()
    client = Client(HTTP_HOST=f"{tenant.slug}.localhost")
    client.cookies["asora_session"] = session.session_key
    return client
