"""The pages of a freeze in the order operators use them, and what a frozen tenant shows and refuses."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from guardian.shortcuts import assign_perm

from asora.accounts.models import User
from audit.events.models import Event
from inventory.models import Category
from plans.actions.freezes import explain_freeze, start_freeze
from plans.grants import MANAGE_TENANT
from plans.models import Tenant, TenantFreeze
from tests.factories.freezes import CAUSE, REASON, root_cause_number
from tests.factories.people import add_person
from tests.headers import JSON

PAGE = "/admin/tenants/acacia/freeze/"


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_from_freeze_to_open(tenant, client_as):
    ops, lead = client_as("ops_lead"), client_as("platform_lead")
    assert "Freeze this tenant" in text_of(ops.get(PAGE))
    answer = ops.post(f"{PAGE}start/", {"reason": REASON}, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    page = text_of(answer)
    assert "Acacia Trading is frozen. All writes under way finished in time." in page
    assert "Stock &lt;b&gt;of two hubs&lt;/b&gt; differs" in page, "escaped"
    assert "Waiting for the root cause" in page
    assert "Ops_Lead" in page, "operators are named here"
    answer = ops.post(f"{PAGE}explain/", {"root_cause": CAUSE, "shown": "0"}, follow=True)
    page = text_of(answer)
    assert "A file was imported into the wrong hub" in page
    assert "You wrote the root cause, so another platform lead must open the tenant." in page
    assert "Review and open" not in page
    assert "Review and open" in text_of(lead.get(PAGE))
    form = lead.get(f"{PAGE}end/")
    assert f'name="shown" value="{root_cause_number()}"' in text_of(form)
    answer = lead.post(f"{PAGE}end/", {"shown": root_cause_number()}, follow=True)
    assert "Acacia Trading is open again." in text_of(answer)
    assert not TenantFreeze.objects.get(tenant=tenant).is_active
    assert text_of(answer).count('class="kind"') == 3


def test_an_operator_looks_and_is_told_who_may(frozen, client_as):
    page = text_of(client_as("operator").get(PAGE))
    assert "Missing. An operations lead or a platform lead writes it down." in page
    assert "freeze/explain/" not in page
    for step in ("start", "explain", "end"):
        answer = client_as("operator").get(f"{PAGE}{step}/", headers=JSON)
        assert (answer.status_code, answer.json()["reason"]) == (403, "ROLE_LACKS_PERMISSION")


@pytest.mark.parametrize("slug", ["nobody", "public", "a" * 60])
@pytest.mark.parametrize("step", ["", "start/", "explain/", "end/"])
def test_no_such_tenant(public, client_as, slug, step):
    answer = client_as("platform_lead").get(f"/admin/tenants/{slug}/freeze/{step}", headers=JSON)
    assert (answer.status_code, answer.json()["reason"]) == (404, "NO_SUCH_RECORD")


def test_a_tenant_that_one_was_not_given(frozen, client_as):
    lead = add_person("platform_lead", name="narrow", all_hubs=False)
    assign_perm(MANAGE_TENANT, lead, Tenant.objects.get(slug="birch"))
    client = client_as(user=User.objects.get(pk=lead.pk))
    for step in ("", "start/", "explain/", "end/"):
        answer = client.get(f"{PAGE}{step}", headers=JSON)
        assert (answer.status_code, answer.json()["reason"]) == (403, "TENANT_NOT_GRANTED"), step
        assert REASON not in answer.content.decode()
    assert client.get("/admin/tenants/birch/freeze/").status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"reason": ""},
        {"reason": " \t "},
        {"reason": "a\x00b"},
        {"reason": "x" * 501},
        {"reason": "\u202eesrever"},
        {"reason": ["", ""]},
    ],
)
def test_a_reason_that_is_none_is_refused_at_its_field(tenant, client_as, events, sent):
    answer = client_as("ops_lead").post(f"{PAGE}start/", sent)
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not TenantFreeze.objects.exists()
    [event] = events(action="plans.freeze.start")
    assert (event.outcome, event.code) == ("refused", "VALIDATION_FAILED")


def test_nothing_typed_is_lost(frozen, client_as):
    typed = "x" * 5001
    answer = client_as("ops_lead").post(f"{PAGE}explain/", {"root_cause": typed, "shown": "0"})
    assert answer.status_code == 400
    assert typed in answer.content.decode()
    assert "At most 5,000 characters" in answer.content.decode()


@pytest.mark.parametrize("shown", [None, "", "x", "-1", str(2**63), "1.5", "\x00"])
def test_an_approval_of_nothing_readable_is_refused(explained, client_as, shown):
    sent = {} if shown is None else {"shown": shown}
    answer = client_as("platform_lead").post(f"{PAGE}end/", sent)
    assert answer.status_code == 400
    assert TenantFreeze.objects.get(tenant=explained).is_active


def test_who_was_overtaken_reads_the_newer_text_and_loses_none_of_theirs(explained, client_as, act_as):
    first = root_cause_number()
    explain_freeze(act_as("ops_lead"), tenant=explained, root_cause="Another one", shown=first)
    lead = client_as("platform_lead")
    answer = lead.post(f"{PAGE}explain/", {"root_cause": "My own words", "shown": first})
    assert answer.status_code == 409
    page = text_of(answer)
    assert "Another one" in page
    assert "My own words" in page
    assert f'name="shown" value="{root_cause_number()}"' in page
    answer = lead.post(f"{PAGE}end/", {"shown": first})
    assert answer.status_code == 409
    assert "Another one" in text_of(answer)
    assert TenantFreeze.objects.get(tenant=explained).is_active


def test_an_approval_of_another_tenants_root_cause_is_none(explained, client_as, act_as):
    birch = Tenant.objects.get(slug="birch")
    start_freeze(act_as("ops_lead"), tenant=birch, reason="Another one")
    explain_freeze(act_as("ops_lead"), tenant=birch, root_cause="Another cause")
    answer = client_as("platform_lead").post(f"{PAGE}end/", {"shown": root_cause_number()}, headers=JSON)
    assert (answer.status_code, answer.json()["reason"]) == (409, "STALE_FORM")


def test_the_author_is_shown_no_button_and_is_refused_without_it(frozen, client_as):
    lead = client_as("platform_lead")
    lead.post(f"{PAGE}explain/", {"root_cause": CAUSE, "shown": "0"})
    assert "You wrote the root cause, so another platform lead must open the tenant." in text_of(
        lead.get(PAGE)
    )
    assert "Approve and open" not in text_of(lead.get(f"{PAGE}end/"))
    answer = lead.post(f"{PAGE}end/", {"shown": root_cause_number()}, headers=JSON)
    assert (answer.status_code, answer.json()["reason"]) == (403, "FOUR_EYES")


def test_what_does_not_fit_the_state(tenant, client_as, act_as):
    lead = client_as("platform_lead")
    for step in ("explain", "end"):
        answer = lead.get(f"{PAGE}{step}/", follow=True)
        assert answer.redirect_chain == [(PAGE, 302)]
        assert "is not frozen" in text_of(answer)
        answer = lead.post(f"{PAGE}{step}/", {"root_cause": CAUSE, "shown": "1"})
        assert answer.status_code == 409
        assert "NOT_FROZEN" in text_of(answer)
    start_freeze(act_as("ops_lead"), tenant=tenant, reason=REASON)
    assert lead.get(f"{PAGE}start/", follow=True).redirect_chain == [(PAGE, 302)]
    answer = lead.post(f"{PAGE}start/", {"reason": "Me too"})
    assert answer.status_code == 409
    assert "ALREADY_FROZEN" in text_of(answer)
    assert "Me too" in text_of(answer)
    answer = lead.post(f"{PAGE}end/", {"shown": "0"})
    assert "ROOT_CAUSE_MISSING" in text_of(answer)


def test_without_the_token_of_the_form_nothing_is_frozen(tenant, client_as):
    client = client_as("ops_lead", enforce_csrf_checks=True)
    assert client.post(f"{PAGE}start/", {"reason": REASON}).status_code == 403
    assert not TenantFreeze.objects.exists()


@pytest.mark.parametrize("role", ["owner", "manager", "receiver", "counter", "viewer"])
def test_everybody_in_a_frozen_tenant_is_told(acacia, client_as, act_as, role):
    path = "/" if role != "receiver" else "/receive/"
    before = client_as(role).get(path)
    assert before.status_code == 200
    assert "Frozen since" not in text_of(before)
    freeze(acacia, act_as)
    page = text_of(client_as(role).get(path))
    assert "Stock &lt;b&gt;of two hubs&lt;/b&gt; differs" in page
    assert (
        "Nothing can be changed until the freeze ends. Ending it takes a written root cause and two people."
        in page
    )


def freeze(tenant: Tenant, act_as: Any) -> None:
    """Frozen by the ops lead; the tenant stays bound."""
    before = connection.tenant
    connection.set_schema_to_public()
    start_freeze(act_as("ops_lead"), tenant=tenant, reason=REASON)
    connection.set_tenant(before)


def test_nobody_else_is_told(acacia, birch, client_as, act_as):
    freeze(acacia, act_as)
    assert "Frozen since" not in text_of(client_as().get("/sign-in/")), (
        "people who are not signed in do not see the freeze"
    )
    assert "Frozen since" not in text_of(client_as("owner", tenant=birch).get("/"))


def test_a_form_says_why_and_reading_goes_on(acacia, client_as, act_as, events):
    freeze(acacia, act_as)
    owner = client_as("owner")
    answer = owner.post("/categories/new/", {"code": "PARTS", "name": "Parts"})
    assert answer.status_code == 409
    assert "FREEZE_ACTIVE" in text_of(answer)
    assert 'value="PARTS"' in text_of(answer), "nothing typed is lost"
    assert not Category.objects.exists()
    [event] = events(action="inventory.category.create")
    assert (event.outcome, event.reason) == ("refused", "FREEZE_ACTIVE")
    for path in (
        "/",
        "/items/",
        "/categories/?format=csv",
        "/audit/",
        "/reports/stock-on-hand/",
        "/exports/",
    ):
        assert owner.get(path).status_code == 200, path
    assert owner.post("/sign-out/").status_code == 302
    signed_in = client_as().post(
        "/sign-in/", {"email": "owner@example.com", "password": "correct horse battery"}
    )
    assert signed_in.status_code == 302


def test_the_tenants_trail_says_that_an_operator_did_it(
    acacia, client_as, act_as, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        freeze(acacia, act_as)
    owner = client_as("owner")
    page = text_of(owner.get("/audit/"))
    ref = act_as("ops_lead").actor.ref
    assert f"<strong>operator {ref}</strong> froze tenant acacia" in page
    assert "Ops_Lead" not in page, "operators are named on the platform only"
    event = Event.objects.get(action="plans.freeze.start")
    story = text_of(owner.get(f"/audit/{event.pk}/"))
    assert "the platform&#x27;s own audit trail" in story or "the platform's own audit trail" in story
    assert "Caused by" not in story
