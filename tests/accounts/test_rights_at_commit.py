"""A right that is taken away is gone at once: actions under way end first, and later ones are refused.

With real commits and threads, and a session of the database's own that holds what they wait for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections
from guardian.shortcuts import assign_perm
from guardian.utils import get_user_obj_perms_model
from psycopg import sql

from asora.accounts.models import User
from asora.accounts.people.actions.people import change_hubs, change_role, deactivate_user
from asora.accounts.roles.rights import _key
from asora.kernel.act import Act
from asora.kernel.refusals import Refusal
from audit.events.models import Event
from inventory.models import Hub
from ledger.models import Kind, Posting
from tests.factories import people
from tests.factories.documents import draft, post, receive
from tests.factories.master_data import make_master_data
from tests.ledger.test_answer_after_commit import held_head, wait_for_waiters

CHANGES = {
    "role": lambda act, person: change_role(act, person=person, role="viewer", seen="receiver"),
    "hub": lambda act, person: change_hubs(act, person=person, hubs=["SOUTH"], seen="NORTH,SOUTH"),
    "deactivation": lambda act, person: deactivate_user(act, person=person),
}
STATEMENTS = {
    "role": ("UPDATE accounts_user SET role = 'viewer' WHERE ref = %s", "ROLE_LACKS_PERMISSION"),
    "hub": (
        "DELETE FROM {grants} WHERE user_id = (SELECT id FROM accounts_user WHERE ref = %s)",
        "HUB_NOT_GRANTED",
    ),
    "deactivation": ("UPDATE accounts_user SET is_active = false WHERE ref = %s", "NO_SESSION"),
}


class Scene:
    """A receiver of two hubs, who is about to issue one of ten bolts, and the owner."""

    def __init__(self, tenant: Any, act_as: Callable[..., Act]) -> None:
        self.tenant = tenant
        self.owner = act_as("owner", tenant=tenant)
        self.master_data = make_master_data()
        receive(self.owner, self.master_data, ("BOLT", "NORTH/A-1", "10", "1"))
        self.person = people.add_person("receiver", name="limited", all_hubs=False)
        for hub in Hub.objects.filter(code__in=["NORTH", "SOUTH"]):
            assign_perm("inventory.operate_hub", self.person, hub)
        self.act = act_as(user=User.objects.get(pk=self.person.pk), tenant=tenant)
        self.draft = draft(self.master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1"))

    def issue(self) -> int:
        return post(self.act, self.master_data, self.draft)

    def in_thread(self, work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
        results: list[Any] = []

        def run() -> None:
            try:
                connection.set_tenant(self.tenant)
                results.append(work())
            except Exception as error:  # noqa: BLE001 (the exception is the result)
                results.append(error)
            finally:
                connections.close_all()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread, results


@pytest.fixture
def scene(committed_tenant: Callable[..., Any], act_as: Callable[..., Act]) -> Scene:
    return Scene(committed_tenant(), act_as)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_waits_for_actions_under_way(scene: Scene, change: str) -> None:
    other = held_head(scene.tenant.schema_name)
    try:
        posting, posted = scene.in_thread(scene.issue)
        wait_for_waiters(other, unless=posted)
        changing, changed = scene.in_thread(lambda: CHANGES[change](scene.owner, scene.person))
        wait_for_waiters(other, 2, unless=changed)
        assert not changed, "the change must wait until the posting has ended"
    finally:
        other.close()
    for thread in (posting, changing):
        thread.join(timeout=60)
    assert posted == [2]
    assert isinstance(changed[0], User)
    before = Event.objects.get(request_id=scene.act.request_id)
    after = Event.objects.get(resource_id=str(scene.person.pk), action__startswith="accounts.")
    assert (before.outcome, after.outcome) == ("allowed", "allowed")
    assert before.number < after.number


@pytest.mark.parametrize("change", STATEMENTS)
def test_later_actions_have_the_new_rights(scene: Scene, change: str) -> None:
    """The change commits while the posting waits for the person's lock. The first check of its rights had passed."""
    statement, reason = STATEMENTS[change]
    other = held_head(scene.tenant.schema_name)
    try:
        other.rollback()
        other.execute(
            sql.SQL("SET search_path TO {}, public").format(sql.Identifier(scene.tenant.schema_name))
        )
        other.execute("SELECT pg_advisory_xact_lock(%s)", [_key(scene.tenant.schema_name, scene.person.ref)])
        grants = sql.Identifier(get_user_obj_perms_model(Hub)._meta.db_table)
        other.execute(sql.SQL(statement).format(grants=grants), [scene.person.ref])
        posting, posted = scene.in_thread(scene.issue)
        wait_for_waiters(other)
        other.commit()
    finally:
        other.close()
    posting.join(timeout=60)
    [refusal] = posted
    assert isinstance(refusal, Refusal)
    assert str(refusal.reason) == reason
    assert Posting.objects.count() == 1
    [event] = Event.objects.filter(request_id=scene.act.request_id)
    assert (event.outcome, event.reason) == ("refused", reason)
    gates = [step["gate"] for step in event.decision]
    assert gates[-1] == ("authenticated" if change == "deactivation" else "permitted")
    assert len(gates) == len(set(gates))
