"""Acacia with stock and people, and what is done to it: each attempt is a call that has not been made yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asora.accounts.models import User
from ledger.models import Kind
from plans.models import Tenant
from tests.factories import documents, tenants
from tests.factories.master_data import MasterData

Attempt = Callable[[], Any]


class Company:
    """Acacia with stock, people and a count, and acts of everybody in it."""

    def __init__(self, master_data: MasterData, act_as: Any, tenant: Tenant) -> None:
        self.master_data, self.act_as, self.tenant = master_data, act_as, tenant
        self.owner, self.manager, self.receiver = act_as("owner"), act_as("manager"), act_as("receiver")
        self.bolt, self.bin = master_data.items["BOLT"], master_data.bins["NORTH/A-1"]
        documents.receive(self.manager, master_data, ("BOLT", "NORTH/A-2", "10", "2"))

    def person(self, role: str) -> User:
        return User.objects.get(role=role)

    def public(self, role: str = "ops_lead") -> Any:
        return self.act_as(role, tenant=tenants.public())

    def receive(self, quantity: str = "5", address: str = "NORTH/A-1") -> int:
        return documents.receive(self.manager, self.master_data, ("BOLT", address, quantity, "2"))

    def issue(self, quantity: str = "3") -> int:
        return documents.post_movement(
            self.receiver, self.master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", quantity)
        )

    def adjust(self, quantity: str) -> int:
        return documents.post_movement(
            self.manager, self.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", quantity)
        )

    def fresh(self, record: Any) -> Any:
        return type(record)._default_manager.get(pk=record.pk)

    def edit(self, edit: Any, noun: str, record: Any, **values: Any) -> Any:
        version = values.pop("version", self.fresh(record).version)
        return edit(self.manager, **{noun: record}, version=version, **values)
