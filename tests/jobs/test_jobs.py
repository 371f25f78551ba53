"""Jobs: requested once, done once, with the rights of the person who asked, on a page that only they see."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from asora.jobs import queue, runner, sweeping, transitions
from asora.jobs.actions import request_job
from asora.jobs.kinds import KINDS, Kind
from asora.jobs.locking import is_locked, job_lock
from asora.jobs.models import Job
from asora.kernel import progress
from asora.kernel.database_errors import Unavailable
from asora.kernel.refusals import PermissionDenied, ValidationFailed
from plans.models import Tenant

WORK = "tests.work"


@pytest.fixture
def work(monkeypatch):
    """`work.does = function` is what a job of the kind `WORK` does; `work.done` are the acts it was done for."""

    class Work:
        done: list = []
        does = staticmethod(lambda act, arguments: {"shown": arguments})

        def __call__(self, act, arguments):
            self.done.append(act)
            return self.does(act, arguments)

    here = Work()
    here.done = []
    monkeypatch.setitem(KINDS, WORK, Kind(WORK, "Work", "inventory.view", "jobs/_phase.html", here))
    return here


def queued() -> list[dict]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args FROM public.procrastinate_jobs WHERE task_name = 'asora.jobs.run' ORDER BY id"
        )
        return [json.loads(args) for (args,) in cursor.fetchall()]


def enqueue(act, **arguments) -> Job:
    return request_job(act, kind=WORK, label="Some work", arguments=arguments)


def run(job: Job) -> Job:
    runner.run(connection.schema_name, str(job.pk))
    return Job.objects.get(pk=job.pk)


def test_a_request_is_stored_audited_and_enqueued(acacia, act_as, events, work):
    act = act_as("viewer")
    job = enqueue(act, rows=3)
    assert (job.state, job.actor_ref, job.request_id) == ("waiting", act.actor.ref, act.request_id)
    assert queued() == [{"schema": acacia.schema_name, "job": str(job.pk)}]
    [event] = events(action="jobs.job.order")
    assert (event.outcome, event.resource_label) == ("allowed", "Some work")
    assert work.done == []


def test_the_same_request_is_the_first_job_while_it_is_unfinished(acacia, act_as, events, work):
    act = act_as("viewer")
    first = enqueue(act, rows=3)
    assert enqueue(act, rows=3).pk == first.pk
    assert [event.outcome for event in events(action="jobs.job.order")] == ["allowed", "noop"]
    assert len(queued()) == 1
    assert enqueue(act, rows=4).pk != first.pk
    assert enqueue(act_as("manager"), rows=3).pk != first.pk
    run(first)
    assert enqueue(act, rows=3).pk != first.pk


def test_a_person_without_the_permission_is_refused(acacia, act_as, events, work):
    KINDS[WORK] = Kind(WORK, "Work", "ledger.export", "jobs/_phase.html", work)
    with pytest.raises(PermissionDenied):
        enqueue(act_as("viewer"))
    [event] = events(action="jobs.job.order")
    assert (event.outcome, event.reason) == ("refused", "ROLE_LACKS_PERMISSION")
    assert not Job.objects.exists()
    assert queued() == []


def test_it_runs_as_the_person_who_requested_it(acacia, act_as, work):
    act = act_as("viewer")
    job = run(enqueue(act, rows=3))
    [doing] = work.done
    assert (doing.actor.ref, doing.actor.roles, doing.cause_id) == (
        act.actor.ref,
        ("viewer",),
        act.request_id,
    )
    assert doing.request_id != act.request_id
    assert (job.state, job.result, job.attempts) == ("done", {"shown": {"rows": 3}}, 1)
    assert job.finished_at is not None


def test_what_has_ended_is_not_done_again(acacia, act_as, work):
    job = enqueue(act_as("viewer"))
    run(job)
    run(job)
    assert len(work.done) == 1


@pytest.mark.parametrize("missing", ["job", "tenant"])
def test_what_is_not_there_is_passed_over(acacia, missing):
    runner.run(acacia.schema_name if missing == "job" else "t_gone", str(uuid4()))


def test_a_refusal_is_shown_with_its_first_lines(acacia, act_as, client_as, work):
    def refuse(act, arguments):
        lines = {
            str(n): [{"field": "sku", "reason": "UNKNOWN_ITEM", "message": "No."}] for n in range(2, 1002)
        }
        raise ValidationFailed("Not that.", details={"lines": lines, "refused": 1000, "total": 1000})

    work.does = refuse
    job = run(enqueue(act_as("viewer")))
    assert (job.state, job.refusal["code"], job.refusal["message"]) == (
        "refused",
        "VALIDATION_FAILED",
        "Not that.",
    )
    assert [number for number, _entry in job.refused_lines] == list(range(2, 202))
    page = client_as("viewer").get(f"/jobs/{job.pk}/").content.decode()
    assert "Not that." in page
    assert job.refusal["requestId"] in page
    assert "The audit event of this refusal lists every refused line." in page


@pytest.mark.parametrize(
    ("raised", "shown"),
    [
        (Unavailable("Too many at once."), "Too many at once."),
        (ZeroDivisionError("secret"), "An error in Asora stopped this job."),
    ],
)
def test_a_failure_is_shown_without_its_innards(acacia, act_as, client_as, work, raised, shown):
    def fail(act, arguments):
        raise raised

    work.does = fail
    job = run(enqueue(act_as("viewer")))
    assert (job.state, job.result) == ("failed", {"why": shown})
    page = client_as("viewer").get(f"/jobs/{job.pk}/").content.decode()
    assert shown in page
    assert "secret" not in page


def test_only_its_person_sees_it(acacia, act_as, client_as, work):
    job = enqueue(act_as("viewer"))
    assert client_as("viewer").get(f"/jobs/{job.pk}/").status_code == 200
    assert client_as("owner").get(f"/jobs/{job.pk}/").status_code == 404
    assert "Some work" in client_as("viewer").get("/jobs/").content.decode()
    assert "Some work" not in client_as("owner").get("/jobs/").content.decode()


def test_what_hears_no_progress_costs_nothing_and_what_does_hears_it_in_steps():
    assert list(progress.counted("reading", range(3), total=3)) == [0, 1, 2]
    heard = []
    with progress.heard_by(lambda *reached: heard.append(reached)):
        assert sum(1 for _ in progress.counted("reading", range(1200), total=1200)) == 1200
    assert heard == [
        ("reading", 0, 1200),
        ("reading", 500, 1200),
        ("reading", 1000, 1200),
        ("reading", 1200, 1200),
    ]


def test_what_waits_long_says_why(acacia, act_as, client_as, work):
    job = enqueue(act_as("viewer"))
    client = client_as("viewer")
    assert "has been waiting for more than a minute" not in client.get(f"/jobs/{job.pk}/").content.decode()
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert "has been waiting for more than a minute" in client.get(f"/jobs/{job.pk}/").content.decode()


def test_operators_see_whether_anybody_works(public, acacia, act_as, client_as, work):
    enqueue(act_as("viewer"))
    page = client_as("operator", tenant=public).get("/admin/").content.decode()
    assert "No worker" in page
    assert "1 job waiting" in page
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO public.procrastinate_workers DEFAULT VALUES")
    page = client_as("operator", tenant=public).get("/admin/").content.decode()
    assert "1 worker" in page
    assert "No worker" not in page


# What needs real commits: locks, crashes, several workers.


@pytest.fixture
def tenant(committed_tenant) -> Tenant:
    return committed_tenant()


def act_of_owner():
    from tests.factories import people

    return people.act_of(people.person("owner", connection.tenant), connection.tenant)


def test_progress_is_seen_from_outside_while_it_goes_on(tenant, work):
    seen = []

    def go(act, arguments):
        for done in (0, 500, 1000):
            progress.at(f"part {done}", done, 1000)
            seen.append(Job.objects.values_list("phase", "done", "total").get(pk=job.pk))
        return {}

    work.does = go
    job = enqueue(act_of_owner())
    assert run(job).state == "done"
    assert seen == [("part 0", 0, 1000), ("part 500", 500, 1000), ("part 1000", 1000, 1000)]


def test_of_four_workers_one_does_it(tenant, threads, work):
    job = enqueue(act_of_owner())

    def slowly(act, arguments):
        assert is_locked(job.pk)
        return {}

    work.does = slowly
    assert threads(4, lambda _number: runner.run(tenant.schema_name, str(job.pk))) == [None] * 4
    assert len(work.done) == 1
    assert Job.objects.get().attempts == 1


def test_eight_equal_requests_at_once_are_one_job(tenant, threads, work):
    act = act_of_owner()
    assert len({job.pk for job in threads(8, lambda _number: enqueue(act, rows=1))}) == 1
    assert Job.objects.count() == 1


def test_what_a_crash_left_is_begun_once_more_and_never_a_third_time(tenant, work):
    class Crash(BaseException):
        pass

    def crash(act, arguments):
        raise Crash

    work.does = crash
    job = enqueue(act_of_owner())
    for attempt in (1, 2):
        with pytest.raises(Crash):
            run(job)
        job.refresh_from_db()
        assert (job.state, job.attempts) == ("running", attempt)
    assert run(job).state == "failed"
    assert "interrupted twice" in Job.objects.get().result["why"]
    assert len(work.done) == 2


def test_a_kind_that_reaches_beyond_the_database_is_not_begun_again(tenant, work, monkeypatch):
    class Crash(BaseException):
        pass

    def crash(act, arguments):
        raise Crash

    monkeypatch.setitem(KINDS, WORK, replace(KINDS[WORK], attempts=1))
    work.does = crash
    job = enqueue(act_of_owner())
    with pytest.raises(Crash):
        run(job)
    assert run(job).state == "failed"
    assert "not started again" in Job.objects.get().result["why"]
    assert len(work.done) == 1


def test_the_sweep_hands_over_what_nobody_does(tenant, work):
    left, held, young = (enqueue(act_of_owner(), number=number) for number in range(3))
    long_ago = timezone.now() - timedelta(minutes=1)
    Job.objects.filter(pk__in=[left.pk, held.pk]).update(created_at=long_ago)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM public.procrastinate_jobs")
    with job_lock(held.pk) as beside:
        assert beside is not None
        sweeping.sweep()
    assert [args["job"] for args in queued()] == [str(left.pk)]
    sweeping.sweep()
    assert {args["job"] for args in queued()} == {str(left.pk), str(held.pk)}
    assert str(young.pk) not in {args["job"] for args in queued()}


def test_a_queue_that_does_not_answer_loses_no_request(tenant, work, monkeypatch):
    def fail(*_args, **_values):
        raise OperationalError("gone")

    monkeypatch.setattr(queue.app, "configure_task", lambda *_, **__: type("Queued", (), {"defer": fail})())
    job = enqueue(act_of_owner())
    assert Job.objects.get().pk == job.pk


def test_when_the_connection_is_lost_it_is_begun_again_since_it_may_have_been_committed(tenant, work):
    def vanish(act, arguments):
        with transaction.atomic():
            if len(work.done) == 1:
                connection.connection.close()  # as when the server goes away after a COMMIT was sent
        return {}

    work.does = vanish
    job = enqueue(act_of_owner())
    with pytest.raises(OperationalError):
        run(job)
    left = Job.objects.get()
    assert (left.state, left.attempts, left.result) == ("running", 1, None)
    assert (run(job).state, len(work.done)) == ("done", 2)


def test_when_the_lock_is_lost_the_work_stops_where_it_says_how_far_it_is(tenant, work):
    went_on = []

    def lose(act, arguments):
        with connection.cursor() as cursor:
            cursor.execute("""
                SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_database ON oid = database
                WHERE locktype = 'advisory' AND datname = current_database()
                """)
            assert cursor.fetchall() == [(True,)]
        progress.at("writing")
        went_on.append(act)
        return {}

    work.does = lose
    job = enqueue(act_of_owner())
    with pytest.raises(OperationalError):
        run(job)
    left = Job.objects.get()
    assert (left.state, left.attempts, went_on) == ("running", 1, [])
    assert not is_locked(job.pk)


@pytest.mark.parametrize("end", ["done", "failed", "refused"])
def test_who_lost_the_lock_and_goes_on_does_not_tell_of_who_began_again(tenant, work, end):
    """The connection that holds the lock breaks while the work goes on, and another worker takes the job over."""

    def overtaken(act, arguments):
        transitions.begin(Job.objects.get(pk=job.pk))  # as the other one does, once the lock is free
        if end == "failed":
            raise ZeroDivisionError
        if end == "refused":
            raise ValidationFailed("Not that.")
        return {"by": "the first"}

    work.does = overtaken
    job = enqueue(act_of_owner())
    run(job)
    left = Job.objects.get()
    assert (left.state, left.attempts, left.result, left.refusal) == ("running", 2, None, None)
