"""Deriving references again: unchanged years later, and every change of the record, its seal or its tree is found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from asora.accounts.models import SignInAttempt
from asora.kernel.refusals import Reason, StateConflict
from support.evidence import reading
from support.evidence.checking import Checked, check, require_intact
from support.evidence.linking import link
from support.models import EvidenceLink
from tests.support.evidence.scene import Scene, scene

FLIP_A_NODE = (
    "UPDATE audit_sealnodes SET hashes = set_byte(hashes, 32, get_byte(hashes, 32) # 1) WHERE %s IS NOT NULL"
)
TABLES = ("audit_event", "audit_seal", "audit_sealnodes")


def checked(desk: Scene, *links: EvidenceLink) -> list[Checked]:
    with desk.inside() as within:
        return check(within, links)


@contextmanager
def tampering(desk: Scene) -> Iterator[Any]:
    """A cursor in the tenant's schema with the rights of the tables' owner: no trigger stops it."""
    with tenant_context(desk.tenant), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_an_unchanged_event_is_the_same_and_is_proved_once_it_is_sealed(desk: Scene) -> None:
    event = desk.refuse()
    before = desk.link(event)
    [one] = checked(desk, before)
    assert (one.is_same, one.is_intact, one.is_included, one.is_proved) == (True, True, False, False)
    desk.seal()
    after = desk.link(event)
    desk.refuse("manager")
    desk.seal()
    for one in checked(desk, before, after):
        assert (one.is_same, one.is_intact, one.is_proved) == (True, True, True)
        assert one.seal is not None
        assert one.seal.number == 1
    require_intact(checked(desk, before, after))


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE audit_event SET code = 'PERMISSION_DENIED', reason = 'X' WHERE id = %s", "Changed: reason"),
        ("UPDATE audit_event SET occurred_at = occurred_at + interval '1 microsecond' WHERE id = %s", "occurred_at"),
        ("UPDATE audit_event SET duration_ms = duration_ms + 1 WHERE id = %s", "its row"),
        ("DELETE FROM audit_event WHERE id = %s", "no longer in the trail"),
        ("DELETE FROM audit_seal WHERE %s IS NOT NULL", "The seal over event"),
        ("UPDATE audit_seal SET note = replace(note, 'count', 'counts') WHERE %s IS NOT NULL", "has signed"),
        (FLIP_A_NODE, "has signed"),
    ],
)  # fmt: skip
def test_every_change_is_found_and_named(desk: Scene, statement: str, says: str) -> None:
    event = desk.refuse()
    desk.refuse("manager")
    desk.seal()
    made = desk.link(event)
    with tampering(desk) as cursor:
        cursor.execute(statement, [event.pk])
    [one] = checked(desk, made)
    assert not one.is_proved
    assert not one.is_intact
    assert says in " ".join(one.problems)
    with pytest.raises(StateConflict) as caught:
        require_intact([one])
    assert caught.value.reason is Reason.EVIDENCE_DIFFERS
    assert caught.value.details["missing"] == list(one.problems)


def test_refuses_a_reference_to_another_tenant(desk: Scene, act_as: Any, client_as: Any) -> None:
    other = scene(act_as, client_as, "birch")
    foreign = other.link(other.refuse())
    with pytest.raises(StateConflict) as caught:
        checked(desk, foreign)
    assert caught.value.reason is Reason.OTHER_TENANT


def test_an_attempt_is_the_same_until_it_is_deleted_and_is_never_proved(desk: Scene) -> None:
    with tenant_context(desk.tenant):
        desk.client_as("").post("/sign-in/", {"email": "nobody@example.com", "password": "x"})
        request = SignInAttempt.objects.get().request_id
    with desk.inside() as within:
        [fact] = reading.attempts_of(within, request_id=request)
    made = link(desk.agent, desk.tenant, fact, desk.session)
    [one] = checked(desk, made)
    assert (one.is_same, one.is_intact, one.is_proved) == (True, True, False)
    with tenant_context(desk.tenant):
        SignInAttempt.objects.all().delete()
    [one] = checked(desk, made)
    assert (one.is_same, one.is_proved) == (False, False)
    assert "no longer stored" in one.problems[0]
