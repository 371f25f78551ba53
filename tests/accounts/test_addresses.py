"""The folded form of addresses is used everywhere: sign-in, its counters, resets, invitations, uniqueness."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from asora.accounts.models import Invitation, User
from asora.accounts.models.addresses import fold_address
from asora.accounts.people.actions.invitations import invite
from asora.accounts.people.actions.people import create_user
from asora.kernel.refusals import Reason, ValidationFailed
from tests.accounts.sign_in_form import typed
from tests.factories import people
from tests.factories.people import PASSWORD, person
from tests.headers import JSON

#: Spellings that fold to the manager's address. Not every database and language folds them in the same way.
SAME = [
    "MANAGER@example.com",
    " manager@example.com\t",
    "manager@EXAMPLE.COM",
    "\uff4danager@example.com",
    "manager@example\uff0ecom",
]
#: Long s and the Kelvin sign fold to ASCII letters; dotless i does not.
VIEWERS = {"viewer@example.com": True, "VIEWER@example.com": True, "v\u0131ewer@example.com": False}
STAFF = {"so@example.com": True, "\u017fo@example.com": True, "\u212ao@example.com": False}


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text):
    assert fold_address(fold_address(text)) == fold_address(text)


@pytest.mark.parametrize("spelling", SAME)
def test_every_spelling_is_the_same_person(acacia, client_as, mailoutbox, spelling):
    assert User.objects.with_address(spelling).get() == person("manager", acacia)
    assert client_as().post("/sign-in/", typed(spelling)).status_code == 302
    assert User.objects.get_by_natural_key(spelling) == person("manager", acacia)


@pytest.mark.parametrize("spelling", [*VIEWERS, *SAME, *STAFF])
def test_spellings_that_sign_in_share_one_counter(acacia, client_as, spelling):
    """Five failures under a spelling lock out the person whom that spelling finds, and nobody else."""
    known = User.objects.with_address(spelling).first()
    client = client_as()
    for _ in range(5):
        client.post("/sign-in/", typed(spelling, "wrong"))
    for role in ("manager", "viewer"):
        user = person(role, acacia)
        answer = client.post("/sign-in/", typed(user.email))
        assert answer.status_code == (401 if user == known else 302), role


@pytest.mark.parametrize(
    "spelling", ["v\u0131ewer@example.com", "VIEWER@EXAMPLE.COM", "v\u0130ewer@example.com"]
)
def test_nobody_guesses_past_the_lock_out_by_another_spelling(acacia, client_as, spelling):
    """Every spelling that finds a person adds to the same counter."""
    client = client_as()
    reasons = []
    for number in range(12):
        email = spelling if number % 2 else "viewer@example.com"
        reasons.append(client.post("/sign-in/", typed(email, "wrong"), headers=JSON).json()["reason"])
    finds = User.objects.with_address(spelling).exists()
    counted = reasons if finds else reasons[::2]
    assert counted[:4] == ["BAD_CREDENTIALS"] * 4
    assert set(counted[4:]) == {"LOCKED_OUT"}


@pytest.mark.parametrize(("spelling", "sends"), VIEWERS.items())
def test_a_reset_is_sent_to_the_person_of_the_spelling(acacia, client_as, mailoutbox, spelling, sends):
    answer = client_as().post("/sign-in/forgot/", {"email": spelling})
    assert answer.status_code in {200, 400}
    assert [mail.to for mail in mailoutbox] == ([["viewer@example.com"]] if sends else [])


@pytest.mark.parametrize("spelling", ["SAM@example.com", "sam@EXAMPLE.com ", "sam@\uff45xample.com"])
def test_an_existing_person_cannot_be_added_in_another_spelling(acacia, act_as, spelling):
    people.add_person("viewer", name="sam")
    values = {"email": spelling, "name": "Sam", "role": "viewer"}
    for attempt in (
        lambda: create_user(act_as("owner"), password=PASSWORD, **values),
        lambda: invite(act_as("owner"), **values),
    ):
        with pytest.raises(ValidationFailed) as refused:
            attempt()
        assert refused.value.reason is Reason.CODE_TAKEN


@pytest.mark.parametrize("spelling", ["ADA@example.com", "ada@\uff45xample.com"])
def test_two_spellings_cannot_be_invited_twice(acacia, act_as, spelling):
    values = {"name": "Ada", "role": "viewer"}
    invite(act_as("owner"), email="ada@example.com", **values)
    with pytest.raises(ValidationFailed) as refused:
        invite(act_as("owner"), email=spelling, **values)
    assert refused.value.reason is Reason.CODE_TAKEN


@pytest.mark.parametrize("letter", ["\u0131", "\u017f", "\u212a", "\u0130"])
def test_letters_that_only_look_like_ascii_are_refused_before_the_at(acacia, act_as, letter):
    values = {"email": f"a{letter}a@example.com", "name": "Sam", "role": "viewer"}
    with pytest.raises(ValidationFailed) as refused:
        invite(act_as("owner"), **values)
    assert "email" in refused.value.details["fields"]


def test_the_database_refuses_a_second_spelling(acacia):
    people.add_person("viewer", name="sam")
    twin = User(email="\u017fam@example.com", name="Sam", role="viewer")
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(name="Sam").update(email_key="")


def test_two_at_once_in_two_spellings_add_one(committed_tenant, threads, act_as):
    committed_tenant()
    spellings = ["sam@example.com", "SAM@EXAMPLE.COM", "Sam@\uff45xample.com", "sam@Example.com"]
    act = act_as("owner")
    results = threads(
        4,
        lambda number: create_user(
            act, email=spellings[number], name="Sam", role="viewer", password=PASSWORD
        ),
    )
    assert sum(isinstance(result, User) for result in results) == 1, results
    refused = [result for result in results if isinstance(result, ValidationFailed)]
    assert [refusal.reason for refusal in refused] == [Reason.CODE_TAKEN] * 3, results


def test_commands_know_every_spelling_too(acacia):
    with pytest.raises(CommandError) as error:
        call_command("reset_second_factor", "acacia", "\uff4danager@EXAMPLE.com")
    assert "no such" not in str(error.value).lower()


@pytest.mark.parametrize("text", ["a\x00b@example.com", "\ud800@example.com", ""])
def test_an_address_that_no_column_can_store_finds_nobody(acacia, text):
    assert not User.objects.with_address(text).exists()


def test_the_migration_keeps_the_first_and_reports_the_other(acacia, capsys):
    migration = importlib.import_module("asora.accounts.migrations.0004_one_folded_form_of_addresses")
    first = people.add_person("viewer", name="sam")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_user (password, ref, email, email_key, name, role, all_hubs, is_active, date_joined)"
            " VALUES ('', 'u-other', %s, 'before', 'Sam', 'viewer', true, true, now())",
            ["\u017fam@example.com"],
        )
    migration.fold(apps, SimpleNamespace(connection=connection))
    assert User.objects.get(pk=first.pk).email_key == "sam@example.com"
    assert User.objects.get(ref="u-other").email_key == "sam@example.com#u-other"
    assert "u-other" in capsys.readouterr().err
    assert Invitation.objects.count() == 0
