"""Erasing a person: the ladder of the action, and no trace of the person anywhere afterwards."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.contrib.auth.hashers import is_password_usable
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from asora.accounts.models import Invitation, RecoveryCode, SecondFactor, Session, SignInAttempt, User
from asora.accounts.people.actions.erasing import erase_person
from asora.accounts.people.actions.invitations import invite
from asora.accounts.people.actions.people import (
    change_hubs,
    change_role,
    create_user,
    deactivate_user,
    reactivate_user,
)
from asora.accounts.roles import grants
from asora.accounts.sign_in.attempt_log import digest_of
from asora.files import staging
from asora.files.models import Upload, upload_of
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict
from asora.kernel.request_ids import new_request_id
from audit.disclosure.actions.access import refuse_access
from audit.disclosure.actions.questions import ask_support
from audit.disclosure.models import Statement
from audit.events.models import Event
from audit.explorer.event_query import EventQuery
from audit.explorer.searches.actions import save_search
from audit.seals import sealer
from audit.seals.actions import subscribe
from audit.seals.checking import StreamCheck, check_schema
from audit.seals.models import ReceiptSubscription
from plans.models import Tenant
from tests.accounts.staff import again
from tests.factories import documents, people
from tests.factories.authenticator_apps import code, set_up_app
from tests.factories.support_access import ask_for_access
from tests.headers import JSON
from tests.kernel.example_action import freeze
from tests.refusals import refused
from tests.tenancy.routes import TENANT, routes

NAME, ADDRESS = "Zebulon", "zebulon@example.com"


def zebulon(role: str = "manager", **options: Any) -> User:
    return people.add_person(role, name="zebulon", **options)


def everything_in(schema: str) -> str:
    """All rows of all tables of a schema, as one lower-case text."""
    texts = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT to_jsonb(row)::text FROM "{schema}"."{table}" row')
            texts += [f"{table} {text}" for (text,) in cursor.fetchall()]
    return "\n".join(texts).lower()


def lives(acacia: Tenant, act_as: Any, client_as: Any, master_data: Any) -> User:
    """Somebody who works here, and leaves everything behind that a person can leave."""
    user = zebulon()
    act = people.act_of(user, acacia)
    documents.receive(act, master_data, ("BOLT", "NORTH/A-1", "5", "2"))
    set_up_app(user, acacia)
    browser = client_as()
    browser.post(
        "/sign-in/",
        {"email": ADDRESS, "password": people.PASSWORD},
        headers={"user-agent": "Zebulon's own browser"},
    )
    browser.post("/sign-in/code/", {"one_time_code": code()}, headers={"user-agent": "Zebulon's own browser"})
    for typed in (
        {"email": ADDRESS, "password": "wrong"},
        {"email": " ZEBULON@Example.com", "password": "?"},
    ):
        client_as().post("/sign-in/", typed, headers={"user-agent": "Zebulon's telephone"})
    staging.store(
        act, upload_of(kind="hubs", name="zebulon.csv", content=b"code,name\n", actor_ref=act.actor.ref)
    )
    ask_support(act, about=new_request_id("acacia"), question="I am Zebulon. Why?")
    save_search(act, name="For Zebulon", query=EventQuery(outcome="refused"), is_shared=False)
    subscribe(act, wanted=True)
    browser.post("/settings/security/password/", {"old_password": "wrong", "new_password": "x", "again": "y"})
    browser.get("/settings/staff/")  # is refused, with an event
    invite(act_as("owner"), email="other@example.com", name="Other", role="viewer")
    return user


def test_works_and_is_recorded(acacia: Tenant, act_as: Any, client_as: Any, events: Any) -> None:
    user = zebulon()
    browser = client_as(user=user)
    erase_person(act_as("owner"), person=user)
    row = again(user)
    assert (row.name, row.email, row.email_key, row.is_active, row.ref) == ("", "", "", False, user.ref)
    assert row.erased_at is not None
    assert not is_password_usable(row.password)
    assert not row.has_perm("inventory.view")
    [event] = events(action="accounts.user.erase")
    assert (event.outcome, event.resource_label) == ("allowed", user.ref)
    assert event.changes[0]["after"] == {"is_active": False, "erased": True}
    assert f"person:{user.ref}" in event.touched
    assert event.facts["removed"] == {"sessions": 1}
    assert browser.get("/items/").status_code == 401
    typed = {"email": ADDRESS, "password": people.PASSWORD}
    assert client_as().post("/sign-in/", typed).status_code == 401


def test_nothing_of_them_is_left_in_any_table(
    acacia: Tenant, act_as: Any, client_as: Any, master_data: Any
) -> None:
    user = lives(acacia, act_as, client_as, master_data)
    digest = digest_of(ADDRESS)
    before = everything_in("t_acacia")
    for trace in (
        "accounts_user",
        "accounts_session",
        "accounts_signinattempt",
        "audit_savedsearch",
        "audit_statement",
        "axes_accessattempt",
        "uploads_upload",
    ):
        assert any(line.startswith(f"{trace} ") and NAME.lower() in line for line in before.splitlines()), (
            trace
        )
    assert digest in before
    assert SecondFactor.objects.filter(user=user).exists()

    erase_person(act_as("owner"), person=user)

    after = everything_in("t_acacia")
    found = [line for line in after.splitlines() if NAME.lower() in line or digest in line]
    assert found == []
    assert NAME.lower() not in everything_in("public")
    assert not SecondFactor.objects.filter(user=user).exists()
    assert not RecoveryCode.objects.filter(user=user).exists()
    assert not Session.objects.filter(user_id=user.pk).exists()
    assert not SignInAttempt.objects.filter(person=user.ref).exists()
    assert not Upload.objects.filter(actor_ref=user.ref).exists()
    assert not ReceiptSubscription.objects.filter(person_ref=user.ref).exists()
    assert {row.text for row in Statement.objects.filter(author=user.ref)} == {""}


def test_no_event_changes(acacia: Tenant, act_as: Any, client_as: Any, master_data: Any) -> None:
    user = lives(acacia, act_as, client_as, master_data)
    before = list(Event.objects.order_by("number").values())
    assert [event for event in before if event["actor_ref"] == user.ref]
    erase_person(act_as("owner"), person=user)
    kept = list(Event.objects.order_by("number").values())
    assert kept[: len(before)] == before
    assert [event["action"] for event in kept[len(before) :]] == ["accounts.user.erase"]


def test_every_seal_still_verifies(acacia: Tenant, act_as: Any, client_as: Any, master_data: Any) -> None:
    user = lives(acacia, act_as, client_as, master_data)
    sealer.seal_schema()
    erase_person(act_as("owner"), person=user)
    assert sum(check.rows for check in _checked()) > 0
    sealer.seal_schema()
    _checked()


def _checked() -> list[StreamCheck]:
    """A check of every stream, which finds nothing."""
    checks = list(check_schema())
    assert {check.stream for check in checks} == {"audit", "ledger"}
    assert [finding for check in checks for finding in check.findings] == []
    return checks


def test_their_name_is_on_no_page_no_list_and_in_no_search(
    acacia: Tenant, act_as: Any, client_as: Any, master_data: Any
) -> None:
    user = lives(acacia, act_as, client_as, master_data)
    owner = client_as("owner")
    session = ask_for_access(acacia)
    refuse_access(people.act_of(people.add_person("owner", name="second"), acacia), session=session)
    event = Event.objects.filter(actor_ref=user.ref, outcome="allowed").latest("number")
    addresses = [route.address for route in routes(TENANT) if "GET" in route.methods]
    addresses += [
        f"/settings/staff/{user.ref}/",
        "/settings/staff/?state=all",
        "/settings/staff/?state=erased",
        "/settings/staff/?state=all&format=csv",
        f"/settings/staff/?state=all&q={NAME}",
        f"/audit/{event.id}/",
        f"/audit/?actor={user.ref}",
        "/audit/?format=csv",
        "/ledger/1/",
        "/ledger/?format=csv",
        "/settings/sign-ins/?format=csv",
        f"/search/?q={user.ref}",
    ]

    def shown() -> list[str]:
        return [
            address
            for address in addresses
            # What a search was about is in its field: that is the reader's own text.
            if NAME in owner.get(address).content.decode().replace(f'value="{NAME}"', "")
        ]

    named = shown()
    assert {f"/settings/staff/{user.ref}/", f"/audit/{event.id}/", "/audit/?format=csv", "/ledger/1/"} <= set(
        named
    )
    erase_person(act_as("owner"), person=user)
    assert shown() == []
    page = owner.get(f"/settings/staff/{user.ref}/").content.decode()
    assert user.ref in page
    assert "Erased" in page
    assert user.ref in owner.get(f"/audit/{event.id}/").content.decode()
    assert user.ref in owner.get("/settings/staff/?state=erased").content.decode()
    assert user.ref not in owner.get("/settings/staff/?state=deactivated").content.decode()


@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_refuses_people_who_may_not_manage_people(acacia: Tenant, act_as: Any, role: str) -> None:
    user = zebulon("counter")
    refused(
        PermissionDenied,
        Reason.ROLE_LACKS_PERMISSION,
        lambda: erase_person(act_as(role), person=user),
    )
    assert again(user).name == NAME


def test_nobody_erases_themselves(acacia: Tenant, act_as: Any) -> None:
    people.add_person("owner", name="second")
    owner = people.person("owner", acacia)
    refused(PermissionDenied, Reason.FOUR_EYES, lambda: erase_person(act_as("owner"), person=owner))
    assert again(owner).is_active


def test_the_last_person_who_manages_people_everywhere_stays(acacia: Tenant, act_as: Any) -> None:
    """Somebody who may manage people at one hub only cannot erase the one who works everywhere."""
    owner = people.person("owner", acacia)
    limited = people.add_person("owner", name="limited", all_hubs=False)
    act = people.act_of(limited, acacia)
    refused(PermissionDenied, Reason.HUB_NOT_GRANTED, lambda: erase_person(act, person=owner))
    erase_person(act_as("owner"), person=limited)
    assert again(owner).is_active


def test_the_last_owner_stays_whoever_asks(acacia: Tenant, act_as: Any) -> None:
    from asora.kernel.act import new_act
    from asora.kernel.actors import system
    from asora.kernel.permissions import Permission

    command = system(
        acacia.schema_name, "tests", Permission.ACCOUNTS_MANAGE_STAFF, Permission.INVENTORY_OPERATE_HUB
    )
    owner = people.person("owner", acacia)
    refused(
        StateConflict,
        Reason.LAST_OWNER,
        lambda: erase_person(new_act(acacia, command, route="tests"), person=owner),
    )
    assert again(owner).email


def test_hides_from_the_other_tenant(acacia: Tenant, birch: Tenant, act_as: Any, client_as: Any) -> None:
    connection.set_tenant(birch)
    theirs = zebulon()
    connection.set_tenant(acacia)
    answer = client_as("owner", tenant=acacia).post(
        f"/settings/staff/{theirs.ref}/erase/", {"confirm": "on"}, headers=JSON
    )
    assert answer.status_code == 404
    connection.set_tenant(birch)
    assert again(theirs).name == NAME


def test_an_erased_person_cannot_be_changed_or_brought_back(acacia: Tenant, act_as: Any) -> None:
    owner, user = act_as("owner"), zebulon()
    erase_person(owner, person=user)
    before = User.objects.filter(pk=user.pk).values().get()
    for change in (
        lambda: erase_person(owner, person=user),
        lambda: reactivate_user(owner, person=user),
        lambda: deactivate_user(owner, person=user),
        lambda: change_role(owner, person=user, role="viewer", seen="manager"),
        lambda: change_hubs(owner, person=user, hubs=None, seen=""),
    ):
        refused(StateConflict, Reason.PERSON_ERASED, change)
    assert User.objects.filter(pk=user.pk).values().get() == before


def test_several_people_can_be_erased_and_invited_again(acacia: Tenant, act_as: Any) -> None:
    owner = act_as("owner")
    for _time in range(2):
        user = create_user(owner, email=ADDRESS, name=NAME, role="viewer", password=people.PASSWORD)
        erase_person(owner, person=again(user))
    assert User.objects.exclude(erased_at=None).count() == 2
    invite(owner, email=ADDRESS, name=NAME, role="viewer")


def test_a_deactivated_person_can_be_erased(acacia: Tenant, act_as: Any) -> None:
    owner, user = act_as("owner"), zebulon()
    deactivate_user(owner, person=user)
    erase_person(owner, person=user)
    assert again(user).erased_at


def test_an_open_invitation_of_the_same_address_is_withdrawn_and_emptied(acacia: Tenant, act_as: Any) -> None:
    owner = act_as("owner")
    invite(owner, email=ADDRESS, name=NAME, role="viewer")
    user = create_user(owner, email=ADDRESS, name=NAME, role="viewer", password=people.PASSWORD)
    erase_person(owner, person=again(user))
    [invitation] = Invitation.objects.all()
    assert (invitation.name, invitation.email, invitation.is_open) == ("", "", False)


def test_their_invitations_and_hubs_are_taken_back(acacia: Tenant, act_as: Any, hubs: list[Any]) -> None:
    owner = act_as("owner")
    user = people.add_person("owner", name="zebulon")
    invite(people.act_of(user, acacia), email="n@example.com", name="N", role="viewer")
    change_hubs(owner, person=user, hubs=["NORTH"], seen="all")
    erase_person(owner, person=again(user))
    assert not list(grants.granted_places(again(user)))
    assert not Invitation.objects.filter(withdrawn_at=None).exists()


def test_a_frozen_tenant_erases_nobody(acacia: Tenant, act_as: Any) -> None:
    user = zebulon()
    freeze(acacia)
    refused(StateConflict, Reason.FREEZE_ACTIVE, lambda: erase_person(act_as("owner"), person=user))
    assert again(user).name == NAME


def test_no_typed_text_finds_an_erased_person(
    acacia: Tenant, act_as: Any, client_as: Any, events: Any
) -> None:
    user = zebulon()
    erase_person(act_as("owner"), person=user)
    for typed in ("", "\x00", " ", "zebulon\x00@example.com"):
        assert not User.objects.with_address(typed).exists()
    for typed in ("\x00", ADDRESS):
        assert client_as().post("/sign-in/", {"email": typed, "password": "x" * 12}).status_code in {400, 401}
    assert not events(action="accounts.sign_in")


@pytest.mark.parametrize(
    "values", [{"name": NAME}, {"email": ADDRESS}, {"is_active": True}, {"last_login": timezone.now()}]
)
def test_the_database_refuses_an_erased_person_with_anything_left(
    acacia: Tenant, act_as: Any, values: dict[str, Any]
) -> None:
    user = zebulon()
    erase_person(act_as("owner"), person=user)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(**values)


def test_on_the_page_it_needs_a_tick_and_a_recent_proof(acacia: Tenant, client_as: Any) -> None:
    user = zebulon()
    owner, page = client_as("owner"), f"/settings/staff/{user.ref}/erase/"
    assert page in owner.get(f"/settings/staff/{user.ref}/").content.decode()
    without = owner.post(page)
    assert without.status_code == 400
    assert "This cannot be undone. Tick the box to confirm." in without.content.decode()
    sent = owner.post(page, {"confirm": "on"})
    assert (sent.status_code, sent["Location"]) == (302, f"/settings/staff/{user.ref}/")
    assert again(user).erased_at
    shown = owner.get(f"/settings/staff/{user.ref}/").content.decode()
    for way, there in itertools.product(("erase", "role", "hubs", "reactivate", "deactivate"), [shown]):
        assert f"/{user.ref}/{way}/" not in there
    assert owner.get(page)["Location"] == f"/settings/staff/{user.ref}/"
    again_sent = owner.post(page, {"confirm": "on"}, headers=JSON)
    assert (again_sent.status_code, again_sent.json()["reason"]) == (409, "PERSON_ERASED")


def test_a_session_without_a_recent_proof_is_asked_first(acacia: Tenant, client_as: Any) -> None:
    user = zebulon()
    owner = client_as("owner")
    session = owner.session
    session["proved_at"] = "2020-01-01T00:00:00+00:00"
    session.save()
    answer = owner.post(f"/settings/staff/{user.ref}/erase/", {"confirm": "on"}, headers=JSON)
    assert (answer.status_code, answer.json()["reason"]) == (401, "STEP_UP_REQUIRED")
    assert again(user).name == NAME


def test_a_platform_lead_erases_an_agent(public: Tenant, act_as: Any) -> None:
    agent = people.person("agent", public)
    erase_person(act_as("platform_lead"), person=agent)
    assert (again(agent).name, again(agent).email) == ("", "")
