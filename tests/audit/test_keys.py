"""What a gate reads and what an action touches are the same words, so that "what changed since" can be answered."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django_tenants.utils import tenant_context

from asora import __version__
from asora.accounts.models import User
from asora.accounts.people.actions.invitations import accept_invitation, invite, withdraw_invitation
from asora.accounts.people.actions.people import (
    change_hubs,
    change_role,
    create_user,
    deactivate_user,
    reactivate_user,
)
from asora.accounts.people.queries import act_of_invited
from asora.kernel import keys
from asora.kernel.act import new_act, system
from asora.kernel.door import SIGNED_IN
from asora.kernel.refusals import Refusal
from audit.models import Event
from inventory.actions.bins import archive_bin, create_bin, edit_bin, restore_bin
from inventory.actions.categories import archive_category, create_category, edit_category, restore_category
from inventory.actions.hubs import archive_hub, restore_hub
from inventory.actions.items import archive_item, create_item, edit_item, restore_item
from inventory.actions.vendors import (
    archive_vendor,
    create_vendor,
    edit_vendor,
    restore_vendor,
    set_vendor_eligibility,
)
from inventory.files.actions import import_bins, import_vendors
from inventory.models import Bin, Category, Vendor
from ledger.actions.reversing import reverse_batch
from ledger.adjustments.actions.reasons import add_reason, archive_reason, restore_reason
from ledger.adjustments.actions.requests import decline_request, post_request, request_adjustment
from ledger.counts.actions.approval import cancel_count, request_recount
from ledger.models import AdjustmentReason, Kind, Posting
from ledger.proof.actions import rebuild
from plans.actions.freezes import end_freeze, explain_freeze, start_freeze
from plans.actions.plan_changes import change_plan
from plans.models import FreezeToggle, Tenant
from tests.accounts.permission_matrix import NeverValid
from tests.factories import counts, documents, onboardings, tenants
from tests.factories.documents import line as priced
from tests.factories.documents import receipt
from tests.factories.master_data import MasterData
from tests.kernel.actions import every_action
from tests.kernel.example_action import fill

HUB_OF_BIN = {11: 1, 12: 1, 21: 2}


# The words themselves.


def test_more_than_two_hundred_of_a_kind_become_one_per_hub() -> None:
    held = [(item, bin_) for item in range(101) for bin_ in (11, 21)]
    assert len(held) > keys.MANY
    assert keys.stock(held, HUB_OF_BIN) == ["stock:*:1", "stock:*:2"]
    assert keys.stock(held[:2], HUB_OF_BIN) == ["stock:0:11", "stock:0:21"]
    assert keys.bins(range(500), dict.fromkeys(range(500), 3)) == ["bin:*:3"]
    assert keys.many("item", range(201)) == ["item:*"]
    assert len(keys.many("item", range(200))) == 200
    assert keys.bounded([f"item:{n}" for n in range(300)] + ["plan", "plan"]) == ["item:*", "plan"]


@pytest.mark.parametrize(
    ("read", "touched", "is_met"),
    [
        ("stock:5:11", "stock:5:11", True),
        ("stock:5:11", "stock:6:11", False),
        ("stock:5:11", "stock:*:1", True),
        ("stock:5:21", "stock:*:1", False),
        ("stock:*:1", "stock:5:12", True),
        ("stock:*:2", "stock:5:12", False),
        ("stock:*:2", "stock:*:2", True),
        ("stock:5:11", "stock:*", True),
        ("stock:*:2", "stock:*", True),
        ("bin:11", "bin:*:1", True),
        ("bin:*:1", "bin:21", False),
        ("item:5", "item:*", True),
        ("item:*", "item:5", True),
        ("item:5", "bin:5", False),
        ("plan", "plan:items", False),
        ("plan:items", "plan:items", True),
        ("grant:u-1:3", "grant:u-1:4", False),
        ("freeze", "freeze", True),
    ],
)
def test_keys_that_stand_for_many_meet_each_of_them(read: str, touched: str, is_met: bool) -> None:
    assert keys.meet([read], [touched], HUB_OF_BIN) == ({read} if is_met else set())
    if is_met and "*" not in read:
        assert touched in keys.covering([read], HUB_OF_BIN), "so an index finds it"


# What events say.


def last() -> Event:
    return Event.objects.order_by("-number")[0]


def read_by(event: Event, gate: str = "") -> set[str]:
    """What a gate of an event's ladder read; without a name, all of them."""
    return {key for step in event.decision if gate in ("", step["gate"]) for key in step.get("inputs", [])}


def test_a_posting_says_what_it_read_and_moved_and_where(master_data: MasterData, act_as: Any) -> None:
    act = act_as("manager")
    draft = receipt(master_data, priced(master_data, "BOLT", "NORTH/A-1", "10", "2"))
    documents.deliver(act, master_data, draft)
    event = last()
    item, bin_ = master_data.items["BOLT"].pk, master_data.bins["NORTH/A-1"].pk
    stock, sent = f"stock:{item}:{bin_}", f"submission:{draft.submission}"
    assert set(event.touched) == {stock, sent, f"item:{item}"}, "the first entry fixes the item's unit"
    assert event.hubs == [master_data.north.pk]
    assert read_by(event, "valid") == {
        stock,
        sent,
        f"item:{item}",
        f"bin:{bin_}",
        f"hub:{master_data.north.pk}",
        f"vendor:{master_data.vendor.pk}",
    }
    assert read_by(event, "permitted") == {
        f"person:{act.actor.ref}",
        "role:manager",
        "role_model",
        f"grant:{act.actor.ref}:{master_data.north.pk}",
        f"hub:{master_data.north.pk}",
    }
    assert read_by(event, "open") == {"freeze"}
    assert (event.rule_id, event.schema_version) == ("", 2)
    assert event.release
    assert event.duration_ms is not None
    documents.receive(act, master_data, ("BOLT", "NORTH/A-1", "1", "2"))
    assert f"item:{item}" not in last().touched


def test_a_transfer_concerns_both_hubs_and_touches_both_bins(master_data: MasterData, act_as: Any) -> None:
    documents.receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    documents.post_movement(
        act_as("manager"), master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-1", "3")
    )
    event = last()
    assert event.hubs == sorted([master_data.north.pk, master_data.south.pk])
    item = master_data.items["BOLT"].pk
    ends = {f"stock:{item}:{master_data.bins[address].pk}" for address in ("NORTH/A-1", "SOUTH/A-1")}
    assert ends <= set(event.touched)


def test_a_refusal_keeps_hubs_and_inputs_though_its_body_was_undone(
    master_data: MasterData, act_as: Any
) -> None:
    with pytest.raises(Refusal):
        documents.post_movement(act_as("receiver"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "3"))
    event = last()
    assert (event.outcome, event.touched, event.hubs) == ("refused", [], [master_data.north.pk])
    assert event.rule_id == "ledger.issue.insufficient_stock"
    assert f"stock:{master_data.items['BOLT'].pk}:{master_data.bins['NORTH/A-1'].pk}" in read_by(
        event, "valid"
    )


def test_of_a_form_that_names_no_hub_it_is_not_known_which_it_concerns(
    master_data: MasterData, act_as: Any
) -> None:
    with pytest.raises(Refusal):
        documents.import_rows(act_as("manager"), Kind.RECEIPT, "R-1,2026-03-02,ACME,BOLT,NOWHERE,A-1,1,1")
    assert (last().outcome, last().hubs) == ("refused", None)


def test_a_file_of_many_lines_says_one_key_per_hub(master_data: MasterData, act_as: Any) -> None:
    Bin.objects.bulk_create(Bin(hub=master_data.north, code=f"M-{number}") for number in range(keys.MANY + 1))
    rows = [f"R-1,2026-03-02,ACME,BOLT,NORTH,M-{number},1,1" for number in range(keys.MANY + 1)]
    documents.import_rows(act_as("manager"), Kind.RECEIPT, *rows, "R-1,2026-03-02,ACME,BOLT,SOUTH,A-1,1,1")
    event = last()
    north, south = master_data.north.pk, master_data.south.pk
    assert {key for key in event.touched if key.startswith("stock")} == {
        f"stock:*:{north}",
        f"stock:*:{south}",
    }
    assert {key for key in read_by(event) if key.startswith("bin")} == {f"bin:*:{north}", f"bin:*:{south}"}
    assert event.hubs == sorted([north, south])


def test_what_takes_room_touches_the_ceiling(master_data: MasterData, act_as: Any) -> None:
    create_vendor(act_as("manager"), code="V1", name="One")
    assert set(last().touched) == {f"vendor:{Vendor.objects.get(code='V1').pk}", "plan:vendors"}
    assert read_by(last(), "within_plan") == {"plan", "plan:vendors"}
    assert last().hubs == []


def test_a_body_that_does_not_say_what_it_touched_is_not_committed(acacia: Tenant, act_as: Any) -> None:
    from tests.kernel.example_action import door

    with pytest.raises(RuntimeError, match="not said what it touched"):
        door(lambda act, *, code: act.found(rows=1))(act_as("manager"), code="V1")


# Every action that can change a gate's verdict touches what that gate reads.

Attempt = Callable[[], Any]


class World:
    """Acacia with stock, people and a count, and acts of everybody in it."""

    def __init__(self, master_data: MasterData, act_as: Any, tenant: Tenant) -> None:
        self.master_data, self.act_as, self.tenant = master_data, act_as, tenant
        self.owner, self.manager, self.receiver = act_as("owner"), act_as("manager"), act_as("receiver")
        self.bolt, self.bin = master_data.items["BOLT"], master_data.bins["NORTH/A-1"]
        documents.receive(self.manager, master_data, ("BOLT", "NORTH/A-2", "10", "2"))

    def person(self, role: str) -> User:
        return User.objects.get(role=role)

    def public(self, role: str = "ops_lead") -> Any:
        return self.act_as(role, tenant=tenants.public())

    def receive(self, quantity: str = "5", address: str = "NORTH/A-1") -> int:
        return documents.receive(self.manager, self.master_data, ("BOLT", address, quantity, "2"))

    def issue(self, quantity: str = "3") -> int:
        return documents.post_movement(
            self.receiver, self.master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", quantity)
        )

    def adjust(self, quantity: str) -> int:
        return documents.post_movement(
            self.manager, self.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", quantity)
        )

    def fresh(self, record: Any) -> Any:
        return type(record)._default_manager.get(pk=record.pk)

    def edit(self, edit: Any, noun: str, record: Any, **values: Any) -> Any:
        version = values.pop("version", self.fresh(record).version)
        return edit(self.manager, **{noun: record}, version=version, **values)


@pytest.fixture
def world(master_data: MasterData, act_as: Any, acacia: Tenant) -> World:
    return World(master_data, act_as, acacia)


def freezing(world: World) -> tuple[Attempt, Attempt]:
    lead = world.public("ops_lead")
    with tenant_context(tenants.public()):
        start_freeze(lead, tenant=world.tenant, reason="drill")
        explain_freeze(lead, tenant=world.tenant, root_cause="a drill")
        number = FreezeToggle.objects.filter(tenant=world.tenant, kind="root_cause").latest("pk").pk

    def thaw() -> None:
        with tenant_context(tenants.public()):
            end_freeze(world.public("platform_lead"), tenant=world.tenant, shown=number)

    return world.receive, thaw


def a_larger_plan(world: World) -> tuple[Attempt, Attempt]:
    Tenant.objects.filter(pk=world.tenant.pk).update(plan="free")
    fill()

    def buy() -> None:
        with tenant_context(tenants.public()):
            values = {"tenant": world.tenant, "from_plan": "free", "to_plan": "pro", "reason": "They grow"}
            change_plan(world.public("platform_lead"), **values)

    return lambda: create_vendor(world.manager, code="V1", name="One"), buy


def a_count(world: World) -> Any:
    session = counts.start(world.manager, world.master_data)
    return counts.enter(world.manager, world.master_data, session, **{"BOLT NORTH/A-2": "10"})


def a_count_handed_in(world: World) -> tuple[Attempt, Attempt]:
    session = counts.hand_in(world.manager, a_count(world))
    line = session.lines.get(bin=world.master_data.bins["NORTH/A-2"]).pk
    return (
        lambda: counts.enter(world.manager, world.master_data, session, **{"BOLT NORTH/A-2": "9"}),
        lambda: request_recount(
            world.manager, session=session, lines=[line], seen=world.fresh(session).version
        ),
    )


def a_count_that_is_cancelled(world: World) -> tuple[Attempt, Attempt]:
    session = a_count(world)
    return lambda: counts.hand_in(world.manager, session), lambda: cancel_count(
        world.manager, session=session
    )


def stock_by_a_count(world: World) -> tuple[Attempt, Attempt]:
    session = counts.start(world.manager, world.master_data)
    counts.enter(world.manager, world.master_data, session, **{"BOLT NORTH/A-1": "7", "BOLT NORTH/A-2": "10"})
    counts.hand_in(world.manager, session)
    return world.issue, lambda: counts.approve(world.manager, session)


def a_count_of_seven(world: World) -> Any:
    session = counts.start(world.manager, world.master_data)
    counts.enter(world.manager, world.master_data, session, **{"BOLT NORTH/A-2": "7"})
    return counts.hand_in(world.manager, session)


def a_count_and_an_adjustment(world: World) -> tuple[Attempt, Attempt]:
    session = a_count_of_seven(world)
    position = documents.post_movement(
        world.manager, world.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-2", "-3")
    )
    return (
        lambda: counts.approve(world.manager, session),
        lambda: documents.reverse_posting(world.manager, position),
    )


def a_superseded_count(world: World) -> tuple[Attempt, Attempt]:
    early = a_count_of_seven(world)
    position = counts.approve(world.manager, a_count_of_seven(world))
    return lambda: counts.approve(world.manager, early), lambda: documents.reverse_posting(
        world.manager, position
    )


def an_adjustment_of_what_was_counted(world: World) -> tuple[Attempt, Attempt]:
    position = counts.approve(world.manager, a_count_of_seven(world))
    wanted = documents.draft(world.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-2", "-3"))
    asked = replace(wanted, confirmed=frozenset())
    return (
        lambda: documents.post(world.manager, world.master_data, asked),
        lambda: documents.reverse_posting(world.manager, position),
    )


def a_request(world: World) -> Any:
    draft = documents.draft(world.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-2", "-1"))
    hubs = documents.hubs_of(world.master_data, draft)
    return request_adjustment(world.manager, draft=draft, hubs=hubs, reference="DOC-1")


def a_request_that_is_declined(world: World) -> tuple[Attempt, Attempt]:
    request = a_request(world)
    return (
        lambda: post_request(world.manager, request=request),
        lambda: decline_request(world.manager, request=request),
    )


def the_same_document(world: World) -> tuple[Attempt, Attempt]:
    draft = receipt(
        world.master_data, priced(world.master_data, "BOLT", "NORTH/A-1", "1", "2"), submission=uuid4()
    )
    both = lambda: documents.deliver(world.manager, world.master_data, draft)  # noqa: E731
    return both, both


def a_reversal(world: World) -> tuple[Attempt, Attempt]:
    position = world.receive()
    both = lambda: documents.reverse_posting(world.manager, position)  # noqa: E731
    return both, both


def a_batch(world: World) -> tuple[Attempt, Attempt]:
    batch = documents.import_rows(world.manager, Kind.RECEIPT, "R-1,2026-03-02,ACME,BOLT,NORTH,A-1,1,1").batch
    both = lambda: reverse_batch(world.manager, batch=batch, submission=uuid4())  # noqa: E731
    return both, both


def what_a_reversal_needs(world: World) -> tuple[Attempt, Attempt]:
    position = world.receive()
    world.issue()
    return lambda: documents.reverse_posting(world.manager, position), world.receive


def an_invitation(world: World) -> tuple[Attempt, Attempt]:
    row = invite(world.owner, email="ada@example.com", name="Ada", role="receiver")
    act = act_of_invited(world.owner, row)
    return (
        lambda: accept_invitation(act, invitation=row, name="Ada", password="a long enough secret"),
        lambda: withdraw_invitation(world.owner, invitation=row),
    )


def the_last_owner(world: World) -> tuple[Attempt, Attempt]:
    owner = world.person("owner")
    values = {"email": "bea@example.com", "name": "Bea", "role": "owner", "password": "a long enough secret"}
    return (
        lambda: change_role(world.owner, person=owner, role="manager", seen="owner"),
        lambda: create_user(world.owner, **values),
    )


def a_role(world: World) -> tuple[Attempt, Attempt]:
    viewer = world.person("viewer")
    return (
        lambda: create_vendor(world.act_as(user=world.fresh(viewer)), code="V1", name="One"),
        lambda: change_role(world.owner, person=viewer, role="manager", seen="viewer"),
    )


def a_hub_grant(world: World) -> tuple[Attempt, Attempt]:
    person = world.person("receiver")
    change_hubs(world.owner, person=person, hubs=["SOUTH"], seen="all")
    moves_of_theirs = lambda: documents.receive(  # noqa: E731
        world.act_as(user=world.fresh(person)), world.master_data, ("BOLT", "NORTH/A-1", "1", "1")
    )
    return moves_of_theirs, lambda: change_hubs(
        world.owner, person=person, hubs=["NORTH", "SOUTH"], seen="SOUTH"
    )


def all_hubs(world: World) -> tuple[Attempt, Attempt]:
    theirs, _ = a_hub_grant(world)
    person = world.person("receiver")
    return theirs, lambda: change_hubs(world.owner, person=person, hubs=None, seen="SOUTH")


def a_person_again(world: World) -> tuple[Attempt, Attempt]:
    person = world.person("counter")
    deactivate_user(world.owner, person=person)
    both = lambda: reactivate_user(world.owner, person=person)  # noqa: E731
    return both, both


def a_hub_in_use(world: World) -> tuple[Attempt, Attempt]:
    hub = world.master_data.south
    for place in hub.bins.exclude(code="DOCK"):
        archive_bin(world.manager, bin=place)
    dock = world.master_data.bins["SOUTH/DOCK"]
    return lambda: archive_hub(world.manager, hub=hub), lambda: archive_bin(world.manager, bin=dock)


def a_category_in_use(world: World) -> tuple[Attempt, Attempt]:
    category = create_category(world.manager, code="ONE", name="One")
    item = create_item(world.manager, sku="X", name="X", category=category, unit="EA")
    return lambda: archive_category(world.manager, category=category), lambda: archive_item(
        world.manager, item=item
    )


def a_category_that_an_item_leaves(world: World) -> tuple[Attempt, Attempt]:
    attempt, _ = a_category_in_use(world)
    item = world.master_data.items["BOLT"].__class__.objects.get(sku="X")
    parts = Category.objects.get(code="PARTS")
    return attempt, lambda: world.edit(edit_item, "item", item, category=parts)


def a_category_that_gets_an_item(world: World) -> tuple[Attempt, Attempt]:
    category = create_category(world.manager, code="ONE", name="One")
    return lambda: archive_category(world.manager, category=category), lambda: create_item(
        world.manager, sku="X", name="X", category=category, unit="EA"
    )


def an_archived_category(world: World) -> tuple[Attempt, Attempt]:
    category = create_category(world.manager, code="ONE", name="One")
    archive_category(world.manager, category=category)
    return (
        lambda: create_item(world.manager, sku="X", name="X", category=category, unit="EA"),
        lambda: restore_category(world.manager, category=category),
    )


def an_archived_parent(world: World) -> tuple[Attempt, Attempt]:
    category = create_category(world.manager, code="ONE", name="One")
    archive_category(world.manager, category=category)
    return (
        lambda: create_category(world.manager, code="TWO", name="Two", parent=category),
        lambda: restore_category(world.manager, category=category),
    )


def a_stale_form(
    edit: Any, name: str, of: Callable[[World], Any]
) -> Callable[[World], tuple[Attempt, Attempt]]:
    def pair(world: World) -> tuple[Attempt, Attempt]:
        record = of(world)
        more = {"parent": None} if name == "category" else {}
        return (
            lambda: world.edit(edit, name, record, version=1, name="Mine", **more),
            lambda: world.edit(edit, name, record, name="Theirs", **more),
        )

    return pair


def archived(
    archive: Any, restore: Any, name: str, of: Callable[[World], Any]
) -> Callable[[World], tuple[Attempt, Attempt]]:
    """Stock may come in again once what was archived has been restored."""

    def pair(world: World) -> tuple[Attempt, Attempt]:
        record = of(world)
        archive(world.manager, **{name: record})
        return world.receive, lambda: restore(world.manager, **{name: record})

    return pair


def a_hub_archived(world: World) -> tuple[Attempt, Attempt]:
    for place in world.master_data.north.bins.all():
        archive_bin(world.manager, bin=place)
    archive_hub(world.manager, hub=world.master_data.north)
    return (
        lambda: create_bin(world.manager, hub=world.master_data.north, code="B-9"),
        lambda: restore_hub(world.manager, hub=world.master_data.north),
    )


def an_ineligible_vendor(world: World) -> tuple[Attempt, Attempt]:
    vendor = world.master_data.vendor
    set_vendor_eligibility(world.manager, vendor=vendor, version=1, eligible=False)
    return world.receive, lambda: set_vendor_eligibility(
        world.manager, vendor=vendor, version=2, eligible=True
    )


def a_reason(world: World) -> tuple[Attempt, Attempt]:
    reason = AdjustmentReason.objects.get(code="DAMAGED")
    archive_reason(world.manager, reason=reason)
    return lambda: world.adjust("1"), lambda: restore_reason(world.manager, reason=reason)


def another_reason(world: World) -> tuple[Attempt, Attempt]:
    draft = documents.draft(world.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "1"), reason="NEW")
    return (
        lambda: documents.post(world.manager, world.master_data, draft),
        lambda: add_reason(world.manager, code="NEW", name="New"),
    )


def a_fixed_unit(world: World) -> tuple[Attempt, Attempt]:
    oil = world.master_data.items["OIL"]
    return (
        lambda: world.edit(edit_item, "item", oil, unit="ml"),
        lambda: documents.receive(world.manager, world.master_data, ("OIL", "NORTH/A-1", "1", "1")),
    )


def a_ceiling(world: World) -> tuple[Attempt, Attempt]:
    Tenant.objects.filter(pk=world.tenant.pk).update(plan="free")
    fill(7)
    content = b"code,name,eligible\nV1,One,true\n"
    return lambda: create_vendor(world.manager, code="V2", name="Two"), lambda: import_vendors(
        world.manager, content=content
    )


def bins_by_file(world: World) -> tuple[Attempt, Attempt]:
    hub = world.master_data.south
    for place in hub.bins.all():
        archive_bin(world.manager, bin=place)
    return lambda: archive_hub(world.manager, hub=hub), lambda: import_bins(
        world.manager, content=b"hub_code,code\nSOUTH,B-9\n"
    )


def an_onboarding(world: World) -> tuple[Attempt, Attempt]:
    operator = world.public("operator")
    with tenant_context(tenants.public()):
        onboarding = onboardings.go(operator, onboardings.start(operator), until="role_model")

    def inside(step: str) -> Attempt:
        def do() -> Any:
            with tenant_context(tenants.public()):
                return onboardings.take(operator, onboarding, step)

        return do

    return inside("tenant"), inside("role_model")


def by_system(world: World) -> Any:
    return new_act(world.tenant, system(world.tenant.schema_name, "rebuild_ledger", "ledger.rebuild"))


def a_rebuilt_balance(world: World) -> tuple[Attempt, Attempt]:
    from ledger.models import BinBalance

    world.receive("1")
    BinBalance.objects.filter(item=world.bolt, bin=world.bin).update(quantity=Decimal(0))
    return lambda: world.issue("1"), lambda: rebuild(by_system(world))


CHANGES: dict[str, Callable[[World], tuple[Attempt, Attempt]]] = {
    "a role": a_role,
    "a hub grant": a_hub_grant,
    "all hubs": all_hubs,
    "a person who comes back": a_person_again,
    "another owner": the_last_owner,
    "an invitation": an_invitation,
    "a freeze": freezing,
    "a plan": a_larger_plan,
    "a ceiling, by a file": a_ceiling,
    "an archived item": archived(archive_item, restore_item, "item", lambda world: world.bolt),
    "an archived bin": archived(archive_bin, restore_bin, "bin", lambda world: world.bin),
    "an archived vendor": archived(
        archive_vendor, restore_vendor, "vendor", lambda world: world.master_data.vendor
    ),
    "an archived hub": a_hub_archived,
    "an archived category": an_archived_category,
    "an archived parent": an_archived_parent,
    "an ineligible vendor": an_ineligible_vendor,
    "a reason": a_reason,
    "another reason": another_reason,
    "a hub in use": a_hub_in_use,
    "a hub in use, by a file": bins_by_file,
    "a category in use": a_category_in_use,
    "a category that an item leaves": a_category_that_an_item_leaves,
    "a category that gets an item": a_category_that_gets_an_item,
    "a unit that is fixed": a_fixed_unit,
    "stock, by a receipt": lambda world: (world.issue, world.receive),
    "stock, by an adjustment": lambda world: (world.issue, lambda: world.adjust("5")),
    "stock, by a transfer": lambda world: (
        world.issue,
        lambda: documents.post_movement(
            world.manager, world.master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-2", "NORTH/A-1", "5")
        ),
    ),
    "stock, by a file": lambda world: (
        world.issue,
        lambda: documents.import_rows(world.manager, Kind.RECEIPT, "R-1,2026-03-02,ACME,BOLT,NORTH,A-1,5,1"),
    ),
    "stock, by a count": stock_by_a_count,
    "stock, by a rebuilding": a_rebuilt_balance,
    "a count and an adjustment": a_count_and_an_adjustment,
    "a superseded count": a_superseded_count,
    "an adjustment of what was counted": an_adjustment_of_what_was_counted,
    "stock that a reversal needs": what_a_reversal_needs,
    "a second submit": the_same_document,
    "a second reversal": a_reversal,
    "a batch": a_batch,
    "a count handed in": a_count_handed_in,
    "a cancelled count": a_count_that_is_cancelled,
    "a declined request": a_request_that_is_declined,
    "an onboarding": an_onboarding,
    "a stale item": a_stale_form(edit_item, "item", lambda world: world.bolt),
    "a stale bin": a_stale_form(edit_bin, "bin", lambda world: world.bin),
    "a stale vendor": a_stale_form(edit_vendor, "vendor", lambda world: world.master_data.vendor),
    "a stale category": a_stale_form(
        edit_category, "category", lambda world: Category.objects.get(code="PARTS")
    ),
}


def outcome_of(attempt: Attempt) -> Event:
    """The event of an attempt, in whichever trail it stands."""
    before = {event.id for event in (*Event.objects.all(), *platform())}
    with contextlib.suppress(Refusal):
        attempt()
    new = [event for event in (*Event.objects.all(), *platform()) if event.id not in before]
    return new[-1]


def platform() -> list[Event]:
    with tenant_context(tenants.public()):
        return list(Event.objects.order_by("number"))


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_a_verdict_touches_what_its_gate_read(change: str, world: World) -> None:
    attempt, action = CHANGES[change](world)
    before = outcome_of(attempt) if change not in UNTRIED else None
    done = outcome_of(action)
    assert done.outcome == "allowed", (done.action, done.message)
    after = outcome_of(attempt)
    if before is not None:
        assert {before.outcome, after.outcome} == {"allowed", "refused"}, (before.message, after.message)
    refused = after if before is None or after.outcome == "refused" else before
    assert refused.outcome == "refused"
    read = set(next(step for step in refused.decision if step["verdict"] == "stopped")["inputs"])
    hub_of_bin = dict(Bin.objects.values_list("pk", "hub_id"))
    assert keys.meet(read, done.touched, hub_of_bin), (sorted(read), done.touched)
    assert Posting.objects.exists()


#: Tried before it would be done for good, so only tried afterwards.
UNTRIED = {
    "a second submit",
    "a second reversal",
    "a batch",
    "a person who comes back",
    "an invitation",
    "a declined request",
    "a cancelled count",
    "a hub in use, by a file",
    "a category that gets an item",
    "a unit that is fixed",
    "a ceiling, by a file",
    "a stale item",
    "a stale bin",
    "a stale vendor",
    "a stale category",
}


# Every registered action, whichever it is.


def test_every_refusal_of_every_action_says_rule_inputs_and_hubs(acacia: Tenant) -> None:
    nobody = system("t_acacia", "tests")
    for name, action in every_action().items():
        with pytest.raises(Refusal):
            action.submit(new_act(acacia, nobody), NeverValid())
        event = last()
        assert (event.action, event.outcome) == (name, "refused")
        stopped = event.decision[-1]
        asked = name if action.permission == SIGNED_IN else action.permission
        assert event.rule_id == stopped["rule"]
        assert event.rule_id == asked or event.rule_id.startswith(f"{asked}."), name
        assert stopped["gate"] in {"authenticated", "permitted", "valid"}
        if stopped["gate"] != "valid":
            assert "person:tests" in stopped["inputs"], name
        # Of an action at hubs that named none it is not known which it was about.
        assert event.hubs == (None if action.hubs else []), name
        assert (event.number, event.release, event.schema_version) == (event.number, __version__, 2)
        assert event.duration_ms is not None


def test_only_looking_touches_nothing() -> None:
    """The door commits no body that does not say what it touched; these are excused, for they change no verdict."""
    assert {name for name, action in every_action().items() if action.observes} == {"ledger.export.download"}
