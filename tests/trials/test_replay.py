"""A replay agrees with the past, and with what really happens under the policy that it proposes."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from django.db import transaction
from guardian.shortcuts import assign_perm, remove_perm

from asora.accounts.models import User
from asora.accounts.roles.table import GRANTS
from asora.kernel.refusals import Refusal
from asora.trials import policies
from audit.events.models import Event
from audit.replay import queries
from audit.replay.queries import Decisions
from audit.replay.rules import Policy, recorded, replay
from plans import catalogue
from plans.models import Tenant
from tests.audit.refusals.kinds import Draw
from tests.audit.refusals.world import World, undone
from tests.audit.test_every_action import LIVES
from tests.audit.verdicts.company import Company
from tests.factories import people
from tests.trials.story import play, story

PEOPLE = ["owner", "manager", "receiver", "counter", "viewer", "northern", "southern"]


@pytest.fixture
def company(acacia, master_data, act_as, monkeypatch):
    """Acacia with two people who work at one hub each, and low ceilings."""
    north = people.add_person("receiver", name="northern", all_hubs=False)
    south = people.add_person("manager", name="southern", all_hubs=False)
    assign_perm("inventory.operate_hub", north, master_data.north)
    assign_perm("inventory.operate_hub", south, master_data.south)
    monkeypatch.setitem(
        catalogue.CEILINGS,
        "pro",
        catalogue.CEILINGS["pro"] | {"items": 9, "categories": 7, "bins": 8, "hubs": 4},
    )
    return master_data


def act_of_name(act_as):
    def find(name):
        user = User.objects.get(email=f"{name}@example.com")
        return act_as(user=user)

    return find


def all_decisions(rows=None):
    found = Decisions(Event.objects.all() if rows is None else rows)
    return list(found), found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_unchanged_policy_gives_every_recorded_verdict(company, act_as, seed):
    play(story(company, PEOPLE, seed=seed, steps=250, codes=80), act_of_name(act_as))
    decisions, found = all_decisions()
    assert len(decisions) == Event.objects.count() == 250
    assert found.older == 0

    reasons = {decision.reason for decision in decisions}
    assert {
        "",
        "ROLE_LACKS_PERMISSION",
        "HUB_NOT_GRANTED",
        "PLAN_ITEMS",
        "PLAN_BINS",
        "CODE_TAKEN",
    } <= reasons
    assert_reproduced(decisions)
    same = replay(decisions, now=policies.rights("standard"), proposed=policies.rights("standard"))
    assert (same.same, same.unreproduced, same.refused, same.passed) == (250, 0, {}, {})


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.__name__)
def test_an_unchanged_policy_gives_the_verdict_of_every_action(acacia, master_data, act_as, life):
    life(Company(master_data, act_as, acacia))
    decisions, _found = all_decisions()
    assert_reproduced(decisions)


def test_an_unchanged_policy_gives_the_verdict_of_every_kind_of_refusal(acacia, master_data, act_as):
    """Refusals that are drawn over every gate and reason, as for the proof of repairs."""
    world, reasons = World(master_data, act_as, acacia), set()
    for seed in range(1, 251):
        with undone():
            drawn = Draw(world, seed)
            attempt = drawn.make()
            with contextlib.suppress(Refusal):
                attempt(world.act(drawn.role))
            latest = Event.objects.order_by("-number")[:3]
            decisions, _found = all_decisions(Event.objects.filter(pk__in=[event.pk for event in latest]))
            assert_reproduced(decisions)
            reasons |= {decision.reason for decision in decisions}
        acacia.refresh_from_db(fields=["plan"])
    assert len(reasons) >= 20, reasons


def assert_reproduced(decisions):
    for policy in (policies.rights("standard"), policies.ceilings()):
        assert [policy.judge(decision) for decision in decisions] == [recorded(one) for one in decisions]


def outcomes(decisions):
    """What each decision came to, as far as a gate of rights or of the plan is concerned."""
    return [
        decision.stopped if decision.stopped in {"permitted", "within_plan"} else "" for decision in decisions
    ]


def judged(decisions, policy: Policy):
    found = [policy.judge(decision) for decision in decisions]
    return [verdict.gate if verdict.gate in {"permitted", "within_plan"} else "" for verdict in found]


@pytest.mark.parametrize("role", ["owner", "receiver", "counter", "viewer"])
def test_another_role_is_judged_as_it_really_would_have_been(company, act_as, role):
    """The story is played twice: as it was, and with the other role. The replay of the first agrees with the second."""
    steps = story(company, ["manager", "southern"], seed=5, steps=120)
    find = act_of_name(act_as)
    really = {}
    for name in ("manager", role):
        before = transaction.savepoint()
        User.objects.filter(email="manager@example.com").update(role=name)
        play(steps, find)
        really[name], _found = all_decisions()
        transaction.savepoint_rollback(before)
    person = User.objects.get(email="manager@example.com")
    replayed = judged(really["manager"], policies.with_role("standard", person, role))
    theirs = [number for number, decision in enumerate(really["manager"]) if decision.actor == person.ref]
    assert len(theirs) > 40

    def rights_only(found):
        return [found[number] if found[number] == "permitted" else "" for number in theirs]

    assert rights_only(replayed) == rights_only(outcomes(really[role]))
    assert ("permitted" in rights_only(replayed)) == (role != "owner")


@pytest.mark.parametrize("hubs", [("NORTH",), ("SOUTH",), ("NORTH", "SOUTH"), None])
def test_other_hubs_are_judged_as_they_really_would_have_been(company, act_as, hubs):
    steps = story(company, ["northern"], seed=6, steps=120)
    find = act_of_name(act_as)
    User.objects.filter(email="northern@example.com").update(
        role="manager"
    )  # who may make bins and hubs, too
    person = User.objects.get(email="northern@example.com")
    places = [] if hubs is None else [hub for hub in (company.north, company.south) if hub.code in hubs]
    play(steps, find)
    before, _found = all_decisions()
    first = Event.objects.count()
    User.objects.filter(pk=person.pk).update(all_hubs=hubs is None)
    remove_perm("inventory.operate_hub", person, company.north)
    for place in places:
        assign_perm("inventory.operate_hub", person, place)
    play(steps, find)
    after = all_decisions()[0][first:]
    policy = policies.with_hubs("standard", person, None if hubs is None else [place.pk for place in places])
    assert len(before) == len(after) == 120

    def rights_only(found):
        return [gate if gate == "permitted" else "" for gate in found]

    assert rights_only(judged(before, policy)) == rights_only(outcomes(after))


@pytest.mark.parametrize(
    "limits", [{"items": 3}, {"items": 40, "categories": 2, "bins": 7}, {"bins": None, "hubs": 3}]
)
def test_another_plan_is_judged_as_it_really_would_have_been(company, act_as, limits, monkeypatch):
    """What the smaller plan refuses is missing later, and what a larger one allows is there."""
    steps = story(company, ["owner"], seed=7, steps=160)
    find = act_of_name(act_as)
    really = {}
    for name in ("pro", "free"):
        before = transaction.savepoint()
        ceilings = catalogue.CEILINGS["pro"] | (limits if name == "free" else {})
        monkeypatch.setitem(catalogue.CEILINGS, name, ceilings)
        Tenant.objects.filter(slug="acacia").update(plan=name)
        play(steps, find)
        really[name], _found = all_decisions()
        transaction.savepoint_rollback(before)
    replayed = judged(really["pro"], policies.of_plan("free"))
    differing = [
        (was.action, was.stopped, would, real.stopped, real.reason)
        for was, would, real in zip(really["pro"], replayed, really["free"], strict=True)
        if (would == "within_plan") != (real.stopped == "within_plan")
    ]
    assert differing == []
    assert "within_plan" in replayed


def test_a_plan_without_a_ceiling_counts_nothing_so_its_decisions_are_left_out(company, act_as, monkeypatch):
    monkeypatch.setitem(catalogue.CEILINGS, "pro", catalogue.CEILINGS["enterprise"])
    play(story(company, ["owner"], seed=8, steps=40), act_of_name(act_as))
    found = queries.of_plan(Event.objects.all(), policies.RESOURCES)
    result = replay(found, now=policies.ceilings(), proposed=policies.of_plan("free"))
    assert result.unknown == result.decisions > 0
    assert result.newly_refused == 0


def test_only_what_counts_against_the_plan_is_read_for_a_plan(company, act_as):
    play(story(company, PEOPLE, seed=9, steps=150), act_of_name(act_as))
    every, _found = all_decisions()
    expected = [
        decision.number
        for decision in every
        if decision.claim and (not decision.stopped or decision.stopped == "within_plan")
    ]
    found = queries.of_plan(Event.objects.all(), policies.RESOURCES)
    assert [decision.number for decision in found] == expected


def test_events_that_did_not_record_their_inputs_are_counted_and_left_out(company, act_as):
    play(story(company, ["owner"], seed=10, steps=10), act_of_name(act_as))
    old = Event.objects.order_by("number").values_list("decision", flat=True)[0]
    steps = [{name: value for name, value in step.items() if name != "inputs"} for step in old]
    event = Event.objects.order_by("number").first()
    copy = Event(
        **{
            field.attname: getattr(event, field.attname)
            for field in Event._meta.concrete_fields
            if field.attname not in {"id", "xid8", "occurred_at", "number", "decision"}
        }
        | {"decision": steps, "number": 10_000}
    )
    copy.save()
    decisions, found = all_decisions()
    assert (len(decisions), found.older) == (10, 1)


def test_decisions_older_than_the_period_are_not_replayed(company, act_as, monkeypatch):
    play(story(company, ["owner"], seed=11, steps=10), act_of_name(act_as))
    monkeypatch.setattr(queries, "PERIOD", timedelta(0))
    assert all_decisions()[0] == []


def test_a_very_long_past_is_cut_to_the_latest_decisions(company, act_as, monkeypatch):
    play(story(company, ["owner"], seed=12, steps=12), act_of_name(act_as))
    every, found = all_decisions()
    assert not found.is_cut
    monkeypatch.setattr(queries, "MAX_DECISIONS", 5)
    latest, found = all_decisions()
    assert found.is_cut
    assert latest == every[-5:]


def test_every_role_has_one_that_comes_closest_in_every_other_role_model():
    models = ("simple", "standard", "segregated")
    for model in models:
        for present in models:
            for role in GRANTS[present]:
                assert policies.closest(model, role) in GRANTS[model]
