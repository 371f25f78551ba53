"""Receipts by e-mail: each morning, to people who asked for them and may read the trail, and not twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from audit.seals import mailing, sealer
from audit.seals.actions import subscribe
from audit.seals.models import ReceiptSubscription, Seal
from tests.audit.test_sealing import vendors

MORNING = datetime(2031, 3, 4, 6, 7, tzinfo=UTC)


@pytest.fixture
def wanted(acacia: Any, act_as: Callable[..., Any]) -> Any:
    """Acacia's owner wants receipts, and something is sealed."""
    with time_machine.travel(MORNING - timedelta(days=2), tick=False):
        vendors(act_as("manager"), "V1")
        sealer.seal_schema()
        subscribe(act_as("owner"), wanted=True)
    return acacia


def send(moment: datetime) -> int:
    with time_machine.travel(moment, tick=False):
        return mailing.send_due()


def seal_more(tenant: Any, act: Any, code: str, moment: datetime) -> None:
    connection.set_tenant(tenant)
    with time_machine.travel(moment, tick=False):
        vendors(act, code)
        sealer.seal_schema()


def test_the_newest_seal_of_each_stream_is_attached(wanted: Any, mailoutbox: list[Any]) -> None:
    assert send(MORNING) == 1
    [mail] = mailoutbox
    assert mail.subject == "Receipts of the seals of Acacia Trading"
    with tenant_context(wanted):
        assert mail.to == [User.objects.get(role="owner").email]
        notes = {seal.stream_id: seal.note for seal in Seal.objects.all()}
    assert {name: text for name, text, _kind in mail.attachments} == {
        "acacia-audit-seal-1.txt": notes["audit"]
    }
    assert "/audit/seals/" in mail.body
    assert "Audit trail: seal 1, " in mail.body
    assert "localhost/acacia/audit+" in mail.body


def test_only_in_the_morning_once_a_day_and_only_if_something_is_new(
    wanted: Any, act_as: Callable[..., Any], mailoutbox: list[Any]
) -> None:
    manager = act_as("manager")
    assert send(MORNING.replace(hour=15)) == 0
    assert send(MORNING) == 1
    seal_more(wanted, manager, "V2", MORNING + timedelta(minutes=20))
    assert send(MORNING + timedelta(hours=1)) == 0, "once a day"
    assert send(MORNING + timedelta(days=1)) == 1
    assert send(MORNING + timedelta(days=2)) == 0, "nothing was sealed since"
    assert len(mailoutbox) == 2


def test_people_who_lost_the_right_or_left_get_none(wanted: Any, mailoutbox: list[Any]) -> None:
    connection.set_tenant(wanted)
    User.objects.filter(role="owner").update(role="viewer")
    assert send(MORNING) == 0
    connection.set_tenant(wanted)
    User.objects.filter(ref=ReceiptSubscription.objects.get().person_ref).update(
        role="owner", is_active=False
    )
    assert send(MORNING) == 0
    assert mailoutbox == []


def test_a_mail_that_was_not_accepted_is_tried_again(
    wanted: Any, mailoutbox: list[Any], settings: Any
) -> None:
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "tests.accounts.test_mail.Broken"
    assert send(MORNING) == 0
    settings.EMAIL_BACKEND = backend
    assert send(MORNING + timedelta(hours=1)) == 1
