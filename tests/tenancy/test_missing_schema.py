"""A tenant whose schema is missing: no request falls through to public, and other tenants are not affected."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.jobs import runner, sweeping
from asora.jobs.models import Job
from asora.operations.overview import health_of
from asora.postgresql.base import SchemaMissing
from asora.startup import guarantees, preparation
from audit.events import trail
from plans import queries, schemas
from plans.models import Domain, Tenant
from tests.commands import manage
from tests.factories import people, tenants

JSON = {"Accept": "application/json"}
HOST = "gone.localhost"


@pytest.fixture
def gone(public) -> Tenant:
    """A tenant that was opened and whose schema was dropped later."""
    tenant = Tenant.objects.create(
        slug="gone", schema_name="t_gone", name="Gone", plan="pro", role_model="standard"
    )
    Domain.objects.create(tenant=tenant, domain=HOST)
    return tenant


@pytest.fixture
def unopened(public) -> Tenant:
    """A tenant with a row, but without a schema and a host name."""
    return Tenant.objects.create(
        slug="unopened", schema_name="t_unopened", name="Unopened", plan="pro", role_model="standard"
    )


@pytest.mark.parametrize("address", ["/", "/sign-in/", "/items/", "/admin/"])
def test_its_host_answers_503_and_never_public(gone, client_as, address):
    answer = client_as(tenant=tenants.public(), HTTP_HOST=HOST).get(address, headers=JSON)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_nobody_of_public_signs_in_there(gone, client_as):
    """Without the tenant's tables, their names meant those of public: an operator signed in with a password alone."""
    client = client_as(tenant=tenants.public(), HTTP_HOST=HOST)
    form = {"email": "operator@example.com", "password": people.PASSWORD}
    assert client.post("/sign-in/", form).status_code == 503
    assert not client.cookies


def test_readiness_and_start_say_so(gone, client_as):
    assert guarantees.problems() == ["gone: its schema t_gone is missing"]
    answer = client_as(tenant=tenants.public()).get("/readyz")
    assert answer.status_code == 503


def test_whoever_binds_it_anyway_reads_nothing_of_public(gone):
    """The connection itself refuses, so that pages, jobs and commands need no check of their own."""
    assert User.objects.filter(email="operator@example.com").exists()
    with tenant_context(gone), pytest.raises(SchemaMissing):
        User.objects.exists()
    assert issubclass(SchemaMissing, OperationalError), "pages answer it with 503"
    assert User.objects.exists(), "the connection still works"


def test_nobody_writes_past_it_in_a_transaction_either(gone):
    with tenant_context(gone), pytest.raises(SchemaMissing), transaction.atomic():
        people.add_person("owner")
    assert not User.objects.filter(email="owner@example.com").exists()


def test_whatever_walks_tenants_walks_those_that_can_be_reached(gone, unopened):
    reachable = {"acacia", "birch", "cedar"}
    assert {tenant.slug for tenant in Tenant.objects.customers().reachable()} == reachable
    assert [tenant.slug for tenant in Tenant.objects.missing()] == ["gone"]
    assert sweeping.sweep() == 0
    runner.run("t_unopened", "0192a000-0000-7000-8000-000000000000")
    assert set(trail.sweep()) <= reachable
    for command in ("clear_sessions", "clear_uploads", "clear_payloads", "sweep_events"):
        call_command(command, stdout=io.StringIO())
    rows = queries.with_state(Tenant.objects.customers())
    assert {health.tenant.slug for health in health_of(list(rows.filter(is_reachable=True)))} == reachable
    assert {row.slug: queries.state_of(row) for row in rows}.items() >= {
        "gone": "missing",
        "unopened": "unopened",
        "acacia": "open",
    }.items()
    assert queries.usage_of(gone) == []


@pytest.mark.parametrize(
    "command",
    [
        ["verify_ledger", "--tenant", "{}"],
        ["rebuild_ledger", "--tenant", "{}"],
        ["import_counts", __file__, "--tenant", "{}"],
        ["invite", "{}", "who@example.com", "--name", "Who", "--role", "owner"],
        ["add_user", "{}", "who@example.com", "--name", "Who", "--role", "owner"],
        ["reset_second_factor", "{}", "operator@example.com"],
    ],
)
@pytest.mark.parametrize("slug", ["gone", "unopened"])
def test_commands_for_one_tenant_refuse_it(gone, unopened, command, slug):
    with pytest.raises(CommandError, match=f"There is no tenant {slug}"):
        call_command(*[part.format(slug) for part in command])
    assert not User.objects.filter(email="who@example.com").exists()


def test_one_that_is_broken_stops_nothing_at_the_others(committed_tenant, monkeypatch):
    """A schema that lacks a table, as during a restore, does not delay the jobs of other tenants."""
    broken, other = committed_tenant(), committed_tenant()
    long_ago = timezone.now() - timedelta(hours=1)
    Job.objects.create(
        kind="export", label="Left", arguments={}, key="k", actor_ref="u-1", created_at=long_ago
    )
    connection.set_tenant(broken)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE jobs_job RENAME TO jobs_lost")
        cursor.execute("ALTER TABLE audit_event RENAME COLUMN id TO lost_id")
    handed = []
    monkeypatch.setattr(sweeping.queue, "enqueue", lambda tenant, job: handed.append(tenant.slug))
    assert sweeping.sweep() == 1
    assert handed == [other.slug]
    assert other.slug in trail.sweep(), "the event of its opening was not copied when the tenant was created"


def test_a_tenant_that_is_not_opened_yet_ends_no_worker(committed_tenant):
    """`manage.py work` used to end at once, for all tenants: relation "jobs_job" does not exist."""
    tenant = committed_tenant()
    connection.set_schema_to_public()
    Domain.objects.filter(tenant=tenant).delete()
    schemas.drop(tenant.schema_name)
    done = manage("work", "--until-idle")
    assert done.returncode == 0, done.stderr


def test_preparing_passes_over_what_is_not_opened_yet(committed_tenant, monkeypatch):
    """It used to record the migrations of a missing schema as those of public."""
    tenant = committed_tenant()
    connection.set_schema_to_public()
    Domain.objects.filter(tenant=tenant).delete()
    schemas.drop(tenant.schema_name)
    migrated = []
    monkeypatch.setattr(schemas, "migrate", migrated.append)
    monkeypatch.setattr(schemas, "make_template", lambda: None)
    monkeypatch.setattr(preparation, "_is_prepared", lambda: False)
    preparation.prepare()
    assert migrated[0] == "public"
    assert "t_acacia" in migrated
    assert tenant.schema_name not in migrated


def test_operators_see_it_and_what_to_do(gone, client_as):
    client = client_as("operator")
    assert "Schema missing" in client.get("/admin/tenants/?state=missing").content.decode()
    page = client.get("/admin/tenants/gone/").content.decode()
    assert "Restore it from a backup" in page
    assert client.get("/admin/").status_code == 200
