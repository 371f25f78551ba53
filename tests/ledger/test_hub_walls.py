"""A person who works at one hub gets nothing of another hub from any page, fragment, file or action.

Addresses are found by walking the routes, so new ones are tested too, with the records of both hubs.
"""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Unpack, get_args, get_origin, get_type_hints

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from guardian.shortcuts import assign_perm

from asora.kernel.door import Action
from asora.kernel.forms import DoorForm
from asora.kernel.refusals import PermissionDenied, Reason, ValidationFailed
from inventory.actions.items import edit_item
from inventory.models import Bin, Hub, Item
from ledger.adjustments.actions.requests import request_adjustment
from ledger.exports.actions import create_export
from ledger.models import AdjustmentReason, AdjustmentRequest, CountSession, Kind, Posting
from ledger.reports import REPORTS
from plans.models import Tenant
from tests.factories import counts, documents, people
from tests.factories.master_data import MasterData, make_master_data
from tests.headers import JSON
from tests.kernel.actions import every_action
from tests.ledger.report_fixtures import export_request, name_items
from tests.tenancy.routes import ANYONE, TENANT, Route, routes

# Texts that occur only at the other hub: its codes, references and figures, and sums with them.
MARKS = re.compile(
    r"SOUTH|Southern|DOCK-9|FAR-REF|far away|(?<![\w-])-?(?:7,?7[78]\d|23,?3[13]\d|15,?54\d)(?![\w-])"
)
# The audit trail covers all hubs; the others are about who may work where.
WHOLE_HOUSE = ("audit/", "staff/", "invitations/", "settings/")
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
# Query strings of lists, of records, and of fragments and JSON.
LISTED = ("", "format=csv", "q=A-1", "q=PO-", "hub=NORTH", "at=3", "putaway_bin=A-1", "code=OIL")
OWN = ("", "show=all", "at=3", "bin=A-1&item=BOLT")


@dataclass
class Wall:
    """Two hubs with all kinds of records, and a person who works at the first one only."""

    master_data: MasterData
    limited: Any
    near: Mapping[str, Any]
    far: Mapping[str, Any]
    known: Mapping[str, list[str]]


@pytest.fixture
def wall(acacia: Tenant, act_as: Any) -> Wall:
    master_data = make_master_data()
    Hub.objects.filter(pk=master_data.south.pk).update(name="Southern")
    act = act_as("owner")
    name_items(master_data)
    far_bin = Bin.objects.create(hub=master_data.south, code="DOCK-9")
    master_data.bins["SOUTH/DOCK-9"] = far_bin
    Item.objects.filter(sku="OIL").update(putaway_bin=far_bin)
    points = {master_data.north: Decimal(12), master_data.south: Decimal(7779)}
    edit_item(act, item=master_data.items["BOLT"], version=1, reorder_points=points)
    documents.receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "3"))
    far_posting = documents.receive(act, master_data, ("BOLT", "SOUTH/DOCK-9", "7771", "3"))
    mixed = documents.receive(
        act, master_data, ("BOLT", "NORTH/A-2", "2", "3"), ("BOLT", "SOUTH/A-1", "7772", "3")
    )
    near_posting = documents.receive(act, master_data, ("CABLE", "NORTH/A-1", "4", "1"))
    moved = documents.post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-2", "1"))
    documents.reverse_posting(act, mixed)
    near_file = documents.import_rows(act, Kind.RECEIPT, "PO-N,2026-03-02,ACME,BOLT,NORTH,A-2,1,3")
    far_file = documents.import_rows(act, Kind.RECEIPT, "PO-FAR-REF,2026-03-02,ACME,BOLT,SOUTH,A-2,7773,3")
    both_file = documents.import_rows(
        act,
        Kind.RECEIPT,
        "PO-B,2026-03-02,ACME,BOLT,NORTH,A-2,1,3",
        "PO-FAR-REF,2026-03-02,ACME,BOLT,SOUTH,A-2,7774,3",
    )
    near_count = counts.start(act, master_data, is_blind=False)
    counts.enter(act, master_data, near_count, **{"BOLT NORTH/A-1": "9"})
    far_count = counts.start(act, master_data, hub="SOUTH", is_blind=False)
    counts.enter(act, master_data, far_count, **{"BOLT SOUTH/DOCK-9": "7775"})
    CountSession.objects.filter(pk=far_count.pk).update(title="far away")
    near_request, far_request = (_ask(act, master_data, place) for place in ("NORTH/A-1", "SOUTH/DOCK-9"))
    near_export, far_export, all_exports = (
        create_export.submit(act, export_request(act, **scope))
        for scope in ({"hub": "NORTH"}, {"hub": "SOUTH"}, {})
    )
    limited = people.add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", limited, master_data.north)
    exports = (near_export, far_export, all_exports)
    batches = (near_file, far_file, both_file)
    asked = (near_request, far_request)
    return Wall(
        master_data=master_data,
        limited=limited,
        near={
            "hub": master_data.north,
            "bin": master_data.bins["NORTH/A-1"],
            "putaway_bin": master_data.bins["NORTH/A-1"],
            "hubs": [master_data.north],
            "session": near_count,
            "request": near_request,
            "posting": Posting.objects.get(position=near_posting),
            "batch": near_file.batch,
            "file": _Touching(master_data.north),
            "export": near_export,
        },
        far={
            "hub": master_data.south,
            "bin": far_bin,
            "putaway_bin": far_bin,
            "hubs": [master_data.north, master_data.south],
            "session": far_count,
            "request": far_request,
            "posting": Posting.objects.get(position=far_posting),
            "batch": both_file.batch,
            "file": _Touching(master_data.north, master_data.south),
            "export": all_exports,
        },
        known={
            "sku": list(master_data.items),
            "hub": ["NORTH", "SOUTH"],
            "code": [
                "NORTH",
                "SOUTH",
                "A-1",
                "DOCK-9",
                "ACME",
                "PARTS",
                AdjustmentReason.objects.first().code,
            ],
            "count": [str(near_count.pk), str(far_count.pk)],
            "position": [str(position) for position in (near_posting, far_posting, mixed, moved)],
            "batch": [str(done.batch) for done in batches],
            "asked": [str(row.pk) for row in asked],
            "export": [str(row.pk) for row in exports],
            "report": list(REPORTS),
        },
    )


class _Touching:
    """A file of movements, as the gate sees it."""

    def __init__(self, *hubs: Hub) -> None:
        self.hubs = hubs


def _ask(act: Any, master_data: MasterData, place: str) -> AdjustmentRequest:
    wanted = documents.draft(
        master_data, Kind.ADJUSTMENT, ("BOLT", place, "7776" if "SOUTH" in place else "1")
    )
    return request_adjustment(
        act, draft=wanted, hubs=documents.hubs_of(master_data, wanted), reference="PO-R"
    )


def addresses(route: Route, known: Mapping[str, list[str]]) -> Iterator[str]:
    """A route with every choice of the records that its parameters may name."""
    names = PARAMETER.findall(route.pattern)
    choices = [known[name] for name in names if name in known]
    if len(choices) < len(names):
        yield route.address
        return
    for chosen in itertools.product(*choices):
        spelt = route.pattern
        for value in chosen:
            spelt = PARAMETER.sub(value, spelt, count=1)
        yield f"/{spelt}"


def read(client: Client, address: str, headers: Mapping[str, str]) -> tuple[int, str]:
    response = client.get(address, headers=dict(headers))
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return response.status_code, content.decode() + str(response.get("Content-Disposition", ""))


def pages() -> list[Route]:
    return [
        route
        for route in routes(TENANT)
        if "GET" in route.methods and route.policy != ANYONE and not route.pattern.startswith(WHOLE_HOUSE)
    ]


@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}, JSON], ids=["page", "fragment", "json"])
def test_nothing_of_another_hub_is_read(wall: Wall, client_as: Any, headers: Mapping[str, str]) -> None:
    limited, everywhere = client_as(user=wall.limited), client_as("manager")
    shown, refused, would_show = 0, 0, set()
    leaks = []
    for route in pages():
        if headers == JSON and "<" in route.pattern:
            continue  # these pages are the same for every reader
        for address in addresses(route, wall.known):
            variants = ("",) if headers else OWN if "<" in route.pattern else LISTED
            for variant in (*variants, "part=reconciliation") if "report" in address else variants:
                target = f"{address}?{variant}" if variant else address
                status, content = read(limited, target, headers)
                if status == 404 and not variant:
                    break  # a missing page is missing in every format
                # A refusal names the requested hub: within a tenant, the existence of a hub is no secret.
                found = [] if status >= 400 else MARKS.findall(content)
                shown, refused = shown + (status < 400), refused + (status == 403)
                if found:
                    leaks.append(f"{target}: {sorted(set(found))}")
                if not variant and MARKS.search(read(everywhere, target, headers)[1]):
                    would_show.add(route.pattern)
    assert not leaks, "\n".join(leaks)
    assert shown > 25
    assert refused > 4 or headers == JSON
    assert len(would_show) > 8, "other people can read this, so its absence means something"


def parameters_of(action: Action[Any, Any]) -> set[str]:
    """The names of the arguments of an action, those of its `**options: Unpack[…]` too."""
    body = action.body
    names = set(inspect.signature(body).parameters)
    for hint in get_type_hints(body).values():
        if get_origin(hint) is Unpack:
            names |= set(get_type_hints(get_args(hint)[0]))
    return names


def hub_actions() -> dict[str, Action[Any, Any]]:
    return {name: action for name, action in every_action().items() if action.hubs}


class Filled(DoorForm):
    """A form that passes values to the door and is then invalid."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def is_valid(self) -> bool:
        return False

    def values(self) -> Mapping[str, Any]:
        return self._values

    def refusal(self) -> ValidationFailed:
        return ValidationFailed("Not valid, on purpose.")


def test_no_action_works_at_another_hub(wall: Wall, act_as: Any, events: Any) -> None:
    """Each action that takes hubs, asked with records of the granted hub and of the other one."""
    actions = hub_actions()
    assert len(actions) > 25
    # The hub decides, not the role: this actor has every permission, but only one hub.
    owner = people.add_person("owner", name="onehub", all_hubs=False)
    assign_perm("inventory.operate_hub", owner, wall.master_data.north)
    act = act_as(user=owner)
    for name, action in actions.items():
        taken = parameters_of(action)
        near = {key: value for key, value in wall.near.items() if key in taken}
        far = {key: value for key, value in wall.far.items() if key in taken}
        assert near, f"{name} takes hubs in a way that this test does not know"
        with pytest.raises(ValidationFailed):
            action.submit(act, Filled(near))
        for attempt in (
            lambda: action.submit(act, Filled(far)),  # noqa: B023 (called at once)
            lambda: action(act, **far),  # noqa: B023
            lambda: action.rehearse(act, **far),  # noqa: B023
        ):
            with pytest.raises(PermissionDenied) as denied:
                attempt()
            assert denied.value.reason is Reason.HUB_NOT_GRANTED, name
        assert {event.reason for event in events(action=name, actor_ref=act.actor.ref)} == {
            "INVALID_INPUT",
            "HUB_NOT_GRANTED",
        }, name


def test_no_action_forgets_to_say_its_hubs() -> None:
    """An action with parameters of a hub has the hub gate, or checks by itself (tested in inventory)."""
    of_a_hub = {"hub", "bin", "putaway_bin", "session", "posting", "batch", "reorder_points", "draft", "file"}
    looks_itself = {"inventory.item.edit"}
    # Their session is one of support, and their file is one to write: neither belongs to a hub.
    other_words = {
        *(f"support.access.{way}" for way in ("start", "end")),
        *(f"audit.access.{way}" for way in ("approve", "refuse", "revoke")),
        *(f"audit.{what}.prove" for what in ("event", "trail")),
    }
    forgetful = {
        name
        for name, action in every_action().items()
        if not action.hubs and of_a_hub & parameters_of(action)
    }
    assert forgetful <= looks_itself | other_words


@pytest.mark.parametrize("kind", [Kind.RECEIPT, Kind.ISSUE, Kind.TRANSFER, Kind.ADJUSTMENT])
@pytest.mark.parametrize("button", ["import", "dry_run"])
def test_no_file_works_at_another_hub(wall: Wall, client_as: Any, kind: Kind, button: str) -> None:
    """Not by one line among good ones, not in a dry run, not by leaving out refused lines."""
    rows = {
        Kind.RECEIPT: ["A,2026-03-02,ACME,BOLT,NORTH,A-1,1,3", "B,2026-03-02,ACME,BOLT,SOUTH,A-1,1,3"],
        Kind.ISSUE: ["A,2026-03-02,BOLT,NORTH,A-1,1", "B,2026-03-02,BOLT,SOUTH,A-1,1"],
        Kind.TRANSFER: ["A,2026-03-02,BOLT,NORTH,A-1,NORTH,A-2,1", "B,2026-03-02,BOLT,NORTH,A-1,SOUTH,A-2,1"],
        Kind.ADJUSTMENT: ["A,2026-03-02,BOLT,NORTH,A-1,1,DAMAGED", "B,2026-03-02,BOLT,SOUTH,A-1,1,DAMAGED"],
    }[kind]
    paths = {
        Kind.RECEIPT: "receive",
        Kind.ISSUE: "issue",
        Kind.TRANSFER: "transfer",
        Kind.ADJUSTMENT: "adjust",
    }
    head = Posting.objects.count()
    for options in ({}, {"skip_refused": "on"}):
        content = "\n".join([documents.HEADERS[kind], *rows, ""]).encode()
        form = {"file": SimpleUploadedFile("moves.csv", content), button: "1", **options}
        answer = client_as(user=wall.limited).post(f"/{paths[kind]}/import/", form, headers=JSON)
        assert answer.status_code == 403, answer.content
        assert answer.json()["reason"] == "HUB_NOT_GRANTED"
    assert Posting.objects.count() == head


def test_what_was_granted_is_at_work(wall: Wall, client_as: Any) -> None:
    """The person can still work at their own hub."""
    client = client_as(user=wall.limited)
    for address in ("/hubs/NORTH/", f"/counts/{wall.near['session'].pk}/", "/reports/stock-on-hand/"):
        assert client.get(address).status_code == 200
    assert client.get(f"/exports/{wall.near['export'].pk}/download/").status_code == 200
