"""Senders at the same moment, senders that die at each step, and changes while payloads are being sent."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from standardwebhooks import Webhook

from asora.accounts.people.actions.people import change_role, deactivate_user
from asora.jobs.actions import request_job
from asora.jobs.models import Job
from asora.kernel.refusals import Refusal, StateConflict
from integrations.dispatch import due, requests
from integrations.dispatch.locking import is_sending
from integrations.dispatch.models import Attempt, Dispatch
from integrations.dispatch.plan import Chosen
from integrations.dispatch.running import dispatch
from integrations.endpoints.actions import change_endpoint, disable_endpoint, rotate_secret
from integrations.endpoints.models import Endpoint
from integrations.endpoints.secrets import signing_secrets
from integrations.outbox.models import Payload
from ledger.proof.actions import PROOF_JOB
from plans.actions.freezes import start_freeze
from plans.models import Tenant
from tests.commands import REPOSITORY, environment
from tests.factories import people, tenants
from tests.factories.dispatches import make_receiving_endpoint
from tests.factories.payloads import numbers_in, queue_payloads
from tests.integrations.dying_sender import STEPS
from tests.integrations.receiver import Receiver

PATIENCE = 120
Threads = Callable[[int, Callable[[int], Any]], list[Any]]


@pytest.fixture
def tenant(committed_tenant: Callable[..., Tenant]) -> Tenant:
    return committed_tenant()


@pytest.fixture
def endpoint(tenant: Tenant, receiver: Receiver) -> Endpoint:
    """An endpoint of the owner at the receiver."""
    return make_receiving_endpoint(receiver.url("/hook"), people.person("owner", tenant).ref)


def act_of(role: str) -> Any:
    tenant = connection.tenant
    return people.act_of(people.person(role, tenant), tenant)


def states(endpoint: Endpoint) -> list[str]:
    return list(Payload.objects.filter(endpoint=endpoint).order_by("number").values_list("state", flat=True))


def arrived(receiver: Receiver) -> list[int]:
    return numbers_in([request.body for request in receiver.received()])


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@contextmanager
def being_sent(endpoint: Endpoint, receiver: Receiver) -> Iterator[list[Any]]:
    """Everything queued is sent in a thread; the body runs while the first request has no answer yet.

    Gives a list that has the dispatch, or what it raised, at the end.
    """
    tenant, results = connection.tenant, []
    receiver.behave("hold")

    def work() -> None:
        connection.set_tenant(tenant)
        try:
            results.append(dispatch(act_of("manager"), endpoint=endpoint, kind="all"))
        except Exception as error:  # noqa: BLE001 (what was raised is the result)
            results.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        receiver.wait_for(1)
        yield results
    finally:
        receiver.behave("good")
        thread.join(timeout=PATIENCE)


def test_of_eight_senders_one_sends(endpoint: Endpoint, receiver: Receiver, threads: Threads) -> None:
    queue_payloads(endpoint, 10)

    results = threads(8, lambda _n: dispatch(act_of("manager"), endpoint=endpoint, kind="all"))

    assert len([result for result in results if isinstance(result, Dispatch)]) == 1
    reasons = {result.reason for result in results if isinstance(result, Refusal)}
    assert reasons <= {"DISPATCH_RUNNING", "NO_DATA"}, results
    assert arrived(receiver) == list(range(1, 11))
    assert states(endpoint) == ["delivered"] * 10


def test_nobody_takes_a_sender_for_dead_while_it_sends(
    endpoint: Endpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a second click nor the worker's look closes a dispatch that waits for an answer."""
    monkeypatch.setattr(due, "YOUNG", timedelta(0))
    queue_payloads(endpoint, 2)
    with being_sent(endpoint, receiver) as results:
        with pytest.raises(StateConflict) as refused:
            dispatch(act_of("owner"), endpoint=endpoint, kind="all")
        assert refused.value.reason == "DISPATCH_RUNNING"
        due.close_interrupted(connection.tenant)
        assert states(endpoint) == ["sending", "queued"]

    (done,) = results
    assert isinstance(done, Dispatch), done
    assert (done.delivered, done.unknown, done.cut_short) == (2, 0, "")
    assert arrived(receiver) == [1, 2]


@pytest.mark.parametrize("seen", [0, 1])
def test_eight_clicks_on_one_payload_send_it_once(
    endpoint: Endpoint, receiver: Receiver, threads: Threads, seen: int
) -> None:
    (payload,) = queue_payloads(endpoint, 1)
    if seen:
        dispatch(act_of("manager"), endpoint=endpoint, kind="all")
    kind = "again" if seen else "one"

    def click(_number: int) -> Any:
        return dispatch(act_of("manager"), endpoint=endpoint, kind=kind, chosen=[Chosen(payload.pk, seen)])

    results = threads(8, click)

    assert len([result for result in results if isinstance(result, Dispatch)]) == 1
    assert {result.reason for result in results if isinstance(result, Refusal)} <= {
        "DISPATCH_RUNNING", "STALE_FORM",
    }  # fmt: skip
    assert len(receiver.received()) == 1 + seen


def test_two_endpoints_are_sent_to_beside_each_other(
    endpoint: Endpoint, receiver: Receiver, threads: Threads
) -> None:
    other = make_receiving_endpoint(receiver.url("/other"), endpoint.maker, "Another")
    for one in (endpoint, other):
        queue_payloads(one, 5)

    results = threads(2, lambda n: dispatch(act_of("manager"), endpoint=(endpoint, other)[n], kind="all"))

    assert [result.delivered for result in results] == [5, 5]
    for path in ("/hook", "/other"):
        got = [request.body for request in receiver.received() if request.path == path]
        assert numbers_in(got) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("step", STEPS)
def test_a_sender_killed_at_any_step_leaves_unknown_what_it_had_claimed(
    endpoint: Endpoint, tenant: Tenant, receiver: Receiver, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_payloads(endpoint, 3)
    command = [
        sys.executable,
        "-m",
        "tests.integrations.dying_sender",
        step,
        tenant.schema_name,
        str(endpoint.pk),
    ]
    died = subprocess.run(
        command, cwd=REPOSITORY, env=environment(**receiver.environment), check=False, timeout=PATIENCE
    )
    assert died.returncode == -signal.SIGKILL
    assert states(endpoint) == STEPS[step]
    before = arrived(receiver)

    wait_until(lambda: not is_sending(endpoint.pk))
    monkeypatch.setattr(due, "YOUNG", timedelta(0))
    due.look()

    connection.set_tenant(tenant)
    left = Dispatch.objects.get()
    after = ["unknown" if state == "sending" else state for state in STEPS[step]]
    assert states(endpoint) == after
    assert (left.delivered, left.unknown) == (after.count("delivered"), after.count("unknown"))
    assert left.cut_short == "interrupted"
    assert arrived(receiver) == before, "nothing is sent again by itself"
    if "queued" in after:
        dispatch(act_of("manager"), endpoint=endpoint, kind="all")
        assert "queued" not in states(endpoint)
    got = arrived(receiver)
    assert got == sorted(set(got)), "in order, and none twice"


def test_a_job_whose_worker_was_killed_is_not_begun_again(
    endpoint: Endpoint, tenant: Tenant, receiver: Receiver
) -> None:
    queue_payloads(endpoint, 30)
    receiver.behave("hold")
    arguments = requests.as_arguments(endpoint, kind="all", chosen=[])
    job = request_job(act_of("manager"), kind=requests.DISPATCH_JOB, label="ERP", arguments=arguments)
    command, variables = [sys.executable, "manage.py", "work"], environment(**receiver.environment)
    worker = subprocess.Popen(command, cwd=REPOSITORY, env=variables)
    try:
        receiver.wait_for(1)
    finally:
        worker.kill()
        worker.wait()
    wait_until(lambda: not is_sending(endpoint.pk))
    receiver.behave("good")
    Job.objects.update(created_at=job.created_at - timedelta(minutes=1))  # no longer young

    next_one = subprocess.run(
        [*command, "--until-idle"], cwd=REPOSITORY, env=variables, check=False, timeout=PATIENCE
    )

    assert next_one.returncode == 0
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("failed", 1)
    assert "not started again" in job.result["why"]
    assert arrived(receiver) == [1]
    dispatch(act_of("manager"), endpoint=endpoint, kind="all")
    assert states(endpoint) == ["unknown"] + ["delivered"] * 29
    assert arrived(receiver) == list(range(1, 31))


def test_a_dispatch_to_a_slow_receiver_holds_up_no_other_job(endpoint: Endpoint, receiver: Receiver) -> None:
    queue_payloads(endpoint, 30)
    receiver.behave("slow")
    arguments = requests.as_arguments(endpoint, kind="all", chosen=[])
    slow = request_job(act_of("manager"), kind=requests.DISPATCH_JOB, label="ERP", arguments=arguments)
    command = [sys.executable, "manage.py", "work", "--at-once", "1"]
    worker = subprocess.Popen(command, cwd=REPOSITORY, env=environment(**receiver.environment))
    try:
        receiver.wait_for(1)
        other = request_job(act_of("manager"), kind=PROOF_JOB, label="Proof", arguments={"position": 0})
        wait_until(lambda: Job.objects.get(pk=other.pk).state == "done")
        assert Job.objects.get(pk=slow.pk).state == "running"
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
    finally:
        worker.kill()
        worker.wait()
    done = Dispatch.objects.get()
    assert (done.cut_short, done.unknown) == ("interrupted", 0), "a signal ends it between two payloads"
    assert "queued" in states(endpoint)


def test_a_sender_that_lost_its_lock_sends_nothing_that_another_one_sends(
    endpoint: Endpoint, receiver: Receiver
) -> None:
    queue_payloads(endpoint, 5)
    with being_sent(endpoint, receiver) as results:
        with connection.cursor() as cursor:
            cursor.execute("""
                SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
                JOIN pg_database ON oid = database
                WHERE locktype = 'advisory' AND datname = current_database()
                """)
            assert cursor.fetchall() == [(True,)]
        receiver.behave("good")
        dispatch(act_of("owner"), endpoint=endpoint, kind="all")

    assert not isinstance(results[0], Exception) or isinstance(results[0], Refusal), results
    assert arrived(receiver) == [1, 2, 3, 4, 5]
    first, second = Dispatch.objects.order_by("started_at")
    assert (first.cut_short, first.unknown) == ("interrupted", 1)
    assert first.delivered + second.delivered == 4
    assert sorted(states(endpoint)) == ["delivered"] * 4 + ["unknown"]


def test_when_the_senders_connection_is_lost_it_writes_what_it_knows_and_stops(
    endpoint: Endpoint, receiver: Receiver
) -> None:
    queue_payloads(endpoint, 3)
    with being_sent(endpoint, receiver) as results, connection.cursor() as cursor:
        cursor.execute("""
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
            """)
        assert len(cursor.fetchall()) >= 2
    (done,) = results
    assert isinstance(done, Dispatch), done
    assert (done.delivered, done.cut_short) == (1, "interrupted")
    assert states(endpoint) == ["delivered", "queued", "queued"]


def test_both_secrets_sign_as_soon_as_the_secret_is_rotated(endpoint: Endpoint, receiver: Receiver) -> None:
    queue_payloads(endpoint, 3)
    (older,) = signing_secrets(endpoint)
    with being_sent(endpoint, receiver):
        rotate_secret(act_of("owner"), endpoint=endpoint)
    newer, _older = signing_secrets(endpoint)

    requests_got = receiver.received()
    assert len(requests_got) == 3
    for request in requests_got:
        Webhook(older).verify(request.body, dict(request.headers))
    for request in requests_got[1:]:
        Webhook(newer).verify(request.body, dict(request.headers))


def test_the_next_payload_goes_to_the_new_address(endpoint: Endpoint, receiver: Receiver) -> None:
    queue_payloads(endpoint, 2)
    endpoint.refresh_from_db()
    with being_sent(endpoint, receiver):
        change_endpoint(
            act_of("owner"), endpoint=endpoint, version=endpoint.version, name=endpoint.name,
            url=receiver.url("/new"), event_types=endpoint.event_types, hubs=None, with_values=False,
        )  # fmt: skip
    assert [request.path for request in receiver.received()] == ["/hook", "/new"]


def freeze(_endpoint: Endpoint) -> None:
    tenant = connection.tenant
    public = tenants.public()
    connection.set_schema_to_public()
    lead = people.act_of(people.person("platform_lead", public), public)
    start_freeze(lead, tenant=tenant, reason="Drill")
    connection.set_tenant(tenant)


def disable(endpoint: Endpoint) -> None:
    disable_endpoint(act_of("owner"), endpoint=endpoint)


def take_the_senders_role(_endpoint: Endpoint) -> None:
    change_role(
        act_of("owner"), person=people.person("manager", connection.tenant), role="viewer", seen="manager"
    )


def take_the_senders_account(_endpoint: Endpoint) -> None:
    deactivate_user(act_of("owner"), person=people.person("manager", connection.tenant))


def take_the_makers_right(endpoint: Endpoint) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(
        maker=people.person("manager", connection.tenant).ref, version=endpoint.version + 1
    )


@pytest.mark.parametrize(
    ("obstacle", "why"),
    [
        (freeze, "frozen"),
        (disable, "disabled"),
        (take_the_senders_role, "rights"),
        (take_the_senders_account, "rights"),
        (take_the_makers_right, "paused"),
    ],
)
def test_what_happens_meanwhile_stops_the_sender_before_the_next_payload(
    endpoint: Endpoint, receiver: Receiver, obstacle: Callable[[Endpoint], None], why: str
) -> None:
    queue_payloads(endpoint, 3)
    with being_sent(endpoint, receiver) as results:
        obstacle(endpoint)
        time.sleep(1.1)  # rights are read again after a second

    (done,) = results
    assert isinstance(done, Dispatch), done
    assert (done.cut_short, done.delivered, done.amount) == (why, 1, 3)
    assert states(endpoint) == ["delivered", "queued", "queued"]
    assert Attempt.objects.count() == 1
