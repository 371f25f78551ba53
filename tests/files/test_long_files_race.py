"""One file imported at the same time by a worker, by a worker that lost its lock unnoticed, and by a click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection

from asora.files.jobs import IMPORT, enqueue_file
from asora.files.models import upload_of
from asora.jobs import runner
from asora.jobs.kinds import KINDS
from asora.jobs.models import Job
from asora.kernel.act import Act
from asora.kernel.refusals import Reason, StateConflict
from audit.events.models import Event
from ledger.files.kinds import MOVEMENT_FILES
from ledger.models import Entry, Kind, Posting
from tests.factories.documents import receipts_csv
from tests.factories.master_data import make_master_data

DOCUMENTS = 40


def test_it_is_posted_once(
    committed_tenant: Callable[..., Any], threads: Callable[..., list[Any]], act_as: Callable[..., Act]
) -> None:
    tenant = committed_tenant()
    make_master_data()
    act = act_as("manager", tenant=tenant)
    content = receipts_csv(*(f"PO-{n},2026-03-02,ACME,BOLT,NORTH,A-1,1,2.5" for n in range(DOCUMENTS)))
    sent = upload_of(kind="receipt", name="big.csv", content=content, actor_ref=act.actor.ref)
    job = enqueue_file(act, sent, is_check=False, options={"skip_refused": False})
    again = upload_of(kind="receipt", name="same.csv", content=content, actor_ref=act.actor.ref)
    ways: list[Callable[[], Any]] = [
        lambda: runner.run(connection.schema_name, str(job.pk)),
        lambda: KINDS[IMPORT].work(act, job.arguments),
        lambda: MOVEMENT_FILES[Kind.RECEIPT].load(act, again),
    ]

    results = threads(len(ways), lambda number: ways[number]())

    refused = [result for result in results if isinstance(result, Exception)]
    assert all(isinstance(one, StateConflict) and one.reason is Reason.ALREADY_POSTED for one in refused)
    assert (Posting.objects.count(), Entry.objects.count()) == (DOCUMENTS, DOCUMENTS)
    assert Job.objects.get().is_finished
    tried = Event.objects.filter(action="ledger.receipt.import")
    assert tried.count() == len(ways)
    assert tried.filter(outcome="allowed").count() == 1
    assert {event.actor_ref for event in tried} == {act.actor.ref}
