"""Uploaded files: stored for their sender, found by nobody else, deleted after a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.files import staging
from asora.files.models import Upload, upload_of
from asora.kernel.act import Act
from asora.kernel.refusals import Reason, RouteNotFound
from plans.models import Tenant


def sent(act: Act, content: bytes = b"code,name\nA,B\n", *, kind: str = "hubs") -> Upload:
    """A file of theirs, kept."""
    return staging.store(act, upload_of(kind=kind, name="a.csv", content=content, actor_ref=act.actor.ref))


def missing(act: Act, kind: str, number: str) -> bool:
    with pytest.raises(RouteNotFound) as refused:
        staging.find(act, kind, number)
    return refused.value.reason is Reason.NO_SUCH_RECORD


def test_what_was_sent_comes_back_byte_for_byte(acacia: Tenant, act_as: Any) -> None:
    act = act_as("manager")
    content = bytes(range(256)) * 100
    found = staging.find(act, "hubs", str(sent(act, content).pk))
    assert (found.as_sent, found.name, found.mapping) == (content, "a.csv", {})


def test_nobody_else_finds_it(acacia: Tenant, birch: Tenant, act_as: Any) -> None:
    act = act_as("manager")
    number = str(sent(act).pk)
    assert missing(act_as("owner"), "hubs", number)
    assert missing(act, "bins", number), "it is no file of bins"
    with tenant_context(birch):
        assert missing(act_as("owner", tenant=birch), "hubs", number)
        assert missing(act, "hubs", number), "Acacia's manager is nobody in Birch"


@pytest.mark.parametrize(
    "number", ["", "1", "x" * 36, str(UUID(int=7)), "\x00", "%00", "' OR 1=1 --", "\ud800"]
)
def test_an_id_that_is_none_is_not_found(acacia: Tenant, act_as: Any, number: str) -> None:
    assert missing(act_as("manager"), "hubs", number)


def test_the_newest_five_of_each_person_stay(acacia: Tenant, act_as: Any) -> None:
    mine, theirs = act_as("manager"), act_as("owner")
    other = sent(theirs, b"theirs")
    made = [sent(mine, b"%d" % number) for number in range(8)]
    assert [row.as_sent for row in Upload.objects.filter(actor_ref=mine.actor.ref).order_by("created_at")] == [
        b"3", b"4", b"5", b"6", b"7",
    ]  # fmt: skip
    assert staging.find(theirs, "hubs", str(other.pk)).as_sent == b"theirs"
    staging.store(mine, made[3])
    sent(mine, b"8")
    assert staging.find(mine, "hubs", str(made[3].pk)), "used again, it is among the newest"


def test_what_was_swept_meanwhile_is_kept_again(acacia: Tenant, act_as: Any) -> None:
    act = act_as("manager")
    upload = sent(act)
    Upload.objects.all().delete()
    upload.mapping = {"1": "code"}
    assert staging.find(act, "hubs", str(staging.store(act, upload).pk)).mapping == {"1": "code"}


def test_after_a_day_it_is_gone(acacia: Tenant, act_as: Any) -> None:
    act = act_as("manager")
    old, new = sent(act, b"old"), sent(act, b"new")
    Upload.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=25))
    assert missing(act, "hubs", str(old.pk)), "already before it is swept"
    assert Upload.objects.count() == 2
    call_command("clear_uploads", verbosity=0)
    assert list(Upload.objects.values_list("pk", flat=True)) == [new.pk]
    assert staging.sweep() == 0
