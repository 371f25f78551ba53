"""A committed tenant with stock in which causes are planted: allowed, then something changes, then refused."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.accounts.people.actions.people import change_role, create_user
from asora.kernel.act import Act
from asora.kernel.refusals import Refusal
from audit.events.models import Event
from inventory.actions.items import edit_item
from inventory.actions.vendors import create_vendor
from inventory.models import Item
from ledger.models import Kind
from plans.models import Tenant
from tests.factories import documents, people, tenants
from tests.factories.master_data import MasterData


class Scene:
    """The tenant's people and stock, and a seeded source of everything that varies."""

    def __init__(self, tenant: Tenant, master_data: MasterData, seed: int) -> None:
        self.tenant, self.master_data = tenant, master_data
        self.any = random.Random(seed)
        self._numbers = iter(range(1, 10_000))

    def number(self) -> int:
        """A number that nothing else in the tenant has."""
        return next(self._numbers)

    def act(self, who: str | User) -> Act:
        """An act of a person, as the directory knows them now."""
        user = people.person(who, self.tenant) if isinstance(who, str) else User.objects.get(pk=who.pk)
        return people.act_of(user, Tenant.objects.get(pk=self.tenant.pk))

    def hire(self, role: str) -> User:
        """A new person, created by the owner."""
        name = f"P{self.number()}"
        values = {"email": f"{name.lower()}@example.com", "name": name, "role": role}
        return create_user(self.act("owner"), **values, password="a long enough secret")

    @contextlib.contextmanager
    def on_public(self, role: str) -> Iterator[Act]:
        """The public host, and an act of a platform person there."""
        with tenant_context(tenants.public()):
            yield people.act_of(people.person(role, tenants.public()), tenants.public())

    def receive(self, who: str | User, address: str, *, sku: str = "BOLT", quantity: str = "5") -> int:
        """A delivery."""
        return documents.receive(self.act(who), self.master_data, (sku, address, quantity, "2"))

    def issue(self, who: str | User, address: str, quantity: str, *, sku: str = "BOLT") -> int:
        """An issue."""
        return documents.post_movement(self.act(who), self.master_data, Kind.ISSUE, (sku, address, quantity))

    def noise(self, most: int = 5) -> None:
        """What goes on in a company meanwhile, and has nothing to do with it: other items, vendors and people."""
        for _step in range(self.any.randint(0, most)):
            with contextlib.suppress(Refusal):  # the company may be frozen, or its plan full
                self.any.choice([self._edit_cable, self._new_vendor, self._promote, self._receive_oil])()

    def _edit_cable(self) -> None:
        cable = Item.objects.get(sku="CABLE")
        edit_item(self.act("manager"), item=cable, version=cable.version, name=f"Cable {self.number()}")

    def _new_vendor(self) -> None:
        create_vendor(self.act("manager"), code=f"N{self.number()}", name="Some vendor")

    def _promote(self) -> None:
        change_role(self.act("owner"), person=self.hire("counter"), role="viewer", seen="counter")

    def _receive_oil(self) -> None:
        self.receive("manager", "SOUTH/A-2", sku="OIL")


def event_of(work: Callable[[], Any]) -> Event:
    """The last event that some work left in the bound tenant's trail: an allowed or a refused one."""
    schema = connection.schema_name
    with contextlib.suppress(Refusal):
        work()
    assert connection.schema_name == schema
    return Event.objects.order_by("-number")[0]
