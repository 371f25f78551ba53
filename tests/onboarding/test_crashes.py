"""After a crash at any point of an onboarding no half-made tenant can be reached, and a second attempt completes it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django_tenants.utils import tenant_context

from asora.onboarding.queries import MODELS, progress_of
from asora.onboarding.rules import SEEDED, is_done
from asora.onboarding.workflow import tenant_steps
from inventory.files.actions import categories
from plans import schemas
from plans.models import Domain, Onboarding, Tenant
from tests.factories import onboardings


class Crash(BaseException):
    """Raised as if the process had ended here."""


def crash(*_args, **_values):
    raise Crash


def reached(slug: str) -> bool:
    return Client(HTTP_HOST=f"{slug}.localhost").get("/sign-in/").status_code != 404


def clone_half(self, template, schema_name):
    """Create some of the tables, then crash."""
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{schema_name}"')
        cursor.execute(f'CREATE TABLE "{schema_name}".inventory_hub (LIKE "{template}".inventory_hub)')
    raise Crash


POINTS = {
    "before the row": (tenant_steps.write_tenant_down, "body", crash),
    "after the row": (schemas, "make", crash),
    "in the middle of the clone": (schemas.CloneSchema, "clone_schema", clone_half),
    "before the proof": (schemas, "problems", crash),
    "before the host name": (tenant_steps.open_tenant, "body", crash),
    "at the host name": (Domain, "save", crash),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_tenant_whose_making_stopped_is_nowhere_and_is_made_by_going_on(committed, monkeypatch, point):
    act, onboarding = committed(until="tenant")
    owner, name, stop = POINTS[point]
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, stop)
        with pytest.raises(Crash):
            onboardings.take(act, onboarding, "tenant")
    connection.set_schema_to_public()
    assert not reached(onboarding.slug)
    assert not is_done(progress_of(Onboarding.objects.get(pk=onboarding.pk)), "tenant")
    assert not Domain.objects.filter(tenant__slug=onboarding.slug).exists()

    onboardings.take(act, onboarding, "tenant")
    tenant = Tenant.objects.get(slug=onboarding.slug)
    assert schemas.problems(tenant.schema_name) == []
    assert reached(onboarding.slug)
    assert Tenant.objects.filter(slug=onboarding.slug).count() == 1
    assert Domain.objects.filter(tenant=tenant).count() == 1


def test_a_half_made_one_is_finished_from_its_page(committed, monkeypatch, client_as):
    act, onboarding = committed(until="tenant")
    with monkeypatch.context() as patched:
        patched.setattr(schemas, "make", crash)
        with pytest.raises(Crash):
            onboardings.take(act, onboarding, "tenant")
    connection.set_schema_to_public()
    client = client_as("operator", tenant=Tenant.objects.get(schema_name="public"))
    page = client.get(f"/admin/onboarding/{onboarding.pk}/").content.decode()
    assert "stopped half-way" in page
    assert "Abandon" not in page
    assert client.post(f"/admin/onboarding/{onboarding.pk}/tenant/").status_code == 302
    assert reached(onboarding.slug)


def test_a_file_whose_import_stopped_is_sent_once_more(committed, monkeypatch):
    """A crash between the public event and the tenant's import, and in the middle of the import."""
    act, onboarding = committed(until="categories")
    for owner, name in ((tenant_steps.KINDS["categories"].action, "body"), (categories.file_lines, "record")):
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, crash)
            with pytest.raises(Crash):
                onboardings.take(act, onboarding, "categories")
        assert connection.schema_name == "public"
        assert progress_of(onboarding).rows == dict.fromkeys(SEEDED, 0)
    onboardings.take(act, onboarding, "categories")
    assert progress_of(onboarding).rows["categories"] == 2


@pytest.mark.parametrize("name", ["create_item", "receive", "create_export"])
def test_a_verification_that_stopped_has_left_nothing(committed, monkeypatch, name):
    act, onboarding = committed(until="verification")
    before = onboardings.counts(onboarding.tenant.schema_name)
    action = getattr(tenant_steps.verification, name)
    with monkeypatch.context() as patched:
        patched.setattr(action, "body", crash)
        with pytest.raises(Crash):
            onboardings.take(act, onboarding, "verification")
    assert connection.schema_name == "public"
    assert onboardings.counts(onboarding.tenant.schema_name) == before
    onboardings.take(act, onboarding, "verification")
    assert is_done(progress_of(Onboarding.objects.get(pk=onboarding.pk)), "verification")


def test_an_invitation_that_stopped_is_sent_once_more(committed, monkeypatch, mailoutbox):
    act, onboarding = committed(until="owner")
    for name in ("invite", "send_invitation"):
        with monkeypatch.context() as patched:
            patched.setattr(tenant_steps, name, crash)
            with pytest.raises(Crash):
                onboardings.take(act, onboarding, "owner")
    assert mailoutbox == []
    onboardings.take(act, onboarding, "owner")
    assert len(mailoutbox) == 1


class TestAtOnce:
    """Two operators at the same step."""

    def test_two_make_the_same_tenant(self, committed, threads):
        act, onboarding = committed(until="tenant")
        results = threads(2, lambda _number: onboardings.take(act, onboarding, "tenant"))
        assert [getattr(result, "slug", result) for result in results] == [onboarding.slug] * 2
        assert Tenant.objects.filter(slug=onboarding.slug).count() == 1
        assert Domain.objects.filter(tenant__slug=onboarding.slug).count() == 1

    @pytest.mark.parametrize("plan", ["pro", "enterprise"])
    def test_two_send_the_same_file(self, committed, threads, plan):
        act, onboarding = committed(until="categories", plan=plan)
        results = threads(2, lambda _number: onboardings.take(act, onboarding, "categories"))
        assert sorted(result.created for result in results) == [0, 2]
        assert sorted(result.unchanged for result in results) == [0, 2]

    def test_two_confirm_the_same_and_the_first_one_counts(self, committed, threads):
        act, onboarding = committed(until="confirm_identity")
        results = threads(2, lambda _number: onboardings.take(act, onboarding, "confirm_identity"))
        assert results[0].pk == results[1].pk
        assert onboarding.confirmations.count() == 1

    def test_two_verify_and_one_seeds(self, committed, threads):
        act, onboarding = committed(until="verification")
        more = onboardings.FILES | {"items": onboardings.FILES["items"].replace(b"CH-101", b"CH-202")}

        def work(number):
            if number:
                return onboardings.take(act, onboarding, "verification")
            return onboardings.take(act, onboarding, "items", files=more)

        results = threads(3, work)
        assert not [result for result in results if isinstance(result, BaseException)]
        with tenant_context(onboarding.tenant):
            assert MODELS["items"].objects.count() == 2
        onboarding.refresh_from_db()
        assert all(check["is_green"] for check in onboarding.checks)
