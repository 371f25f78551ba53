"""Each format is valid by the rules of those who defined it, for every action and outcome, and loses nothing."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from asora.kernel.refusals import PermissionDenied
from asora.kernel.words import SENTENCES
from audit.events.models import Event
from audit.explorer.formats.activities import Activity, activity_of
from audit.explorer.formats.catalogue import FORMATS
from audit.explorer.formats.csv_lines import COLUMNS
from audit.explorer.formats.document import Source, document
from tests.audit.formats import ecs_fields
from tests.kernel.example_action import door

ACACIA = Source(tenant="acacia")
#: The fields that Asora fills are the same in all of them.
OCSF_VERSIONS = ("1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0", "1.6.0", "1.7.0", "1.8.0")


def made(**values: Any) -> Event:
    """An event that was never stored, with every column filled."""
    event = Event(
        **{
            "id": UUID("01930000-0000-7000-8000-000000000001"),
            "occurred_at": datetime(2026, 11, 28, 17, 0, 0, 123456, tzinfo=UTC),
            "number": 42,
            "request_id": "acacia-1",
            "client_request_id": "their-7",
            "cause_id": "acacia-0",
            "actor_type": "user",
            "actor_ref": "u-1",
            "session_ref": "s-1",
            "route": "items/new/",
            "action": "inventory.item.create",
            "outcome": "refused",
            "http_status": 403,
            "error": "forbidden",
            "code": "PERMISSION_DENIED",
            "reason": "ROLE_LACKS_PERMISSION",
            "rule_id": "inventory.manage",
            "message": "Your role does not include “inventory.manage”.",
            "decision": [
                {"gate": "authenticated", "verdict": "passed", "inputs": ["person:u-1"]},
                {
                    "gate": "permitted",
                    "verdict": "stopped",
                    "rule": "inventory.manage",
                    "reason": "ROLE_LACKS_PERMISSION",
                    "roles": ["viewer"],
                },
            ],
            "resource_type": "inventory.item",
            "resource_id": "5",
            "resource_label": "=CMD()",
            "changes": [
                {"type": "inventory.bin", "id": "7", "label": "A-1", "before": {}, "after": {"a": "1.50"}}
            ],
            "facts": {"rows": 3},
            "touched": ["item:5"],
            "hubs": [1, 2],
            "first_position": 10,
            "last_position": 11,
            "export_ref": "e-1",
            "dispatch_ref": "d-1",
            "ticket_ref": "t-1",
            "redactions": [{"path": "facts.token", "rule": "key_name"}],
            "release": "0.9.0",
            "duration_ms": 12,
            **values,
        }
    )
    event.is_whole = True
    return event


def sparse(**values: Any) -> Event:
    """An event with as little as an event can have."""
    blank = {
        field.attname: field.get_default()
        for field in Event._meta.concrete_fields
        if field.attname not in {"id", "xid8", "occurred_at", "request_id", "actor_type", "action", "outcome"}
    }
    return made(**{**blank, "actor_type": "anonymous", "outcome": "failed", **values})


def concealed(**values: Any) -> Event:
    """An event of a hub where the reader does not work."""
    event = made(**values)
    event.is_whole = False
    return event


def every_kind() -> Iterator[Event]:
    """An event of every action with every outcome, of every kind of actor; full, sparse and concealed."""
    for name in SENTENCES:
        for outcome in Event.Outcome.values:
            yield made(action=name, outcome=outcome)
            yield sparse(action=name, outcome=outcome)
            yield concealed(action=name, outcome=outcome)
    for kind in ("user", "support", "operator", "integration", "system", "anonymous"):
        yield from (made(actor_type=kind), sparse(actor_type=kind), concealed(actor_type=kind))


@cache
def ocsf_validator(version: str) -> Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=version))
    return Draft202012Validator(
        schema.get_class_schema(class_name=schema.lookup_class_name_from_uid(class_uid=6003), profiles=[])
    )


@pytest.mark.parametrize("version", OCSF_VERSIONS)
def test_every_event_is_a_valid_api_activity_of_ocsf(version):
    write = FORMATS["ocsf"].document
    distinct = {json.dumps(write(event, ACACIA), sort_keys=True) for event in every_kind()}
    assert len(distinct) > 100
    for text in distinct:
        errors = list(ocsf_validator(version).iter_errors(json.loads(text)))
        assert not errors, (text, [error.message for error in errors])


def test_the_validator_of_ocsf_finds_a_wrong_document():
    right = FORMATS["ocsf"].document(made(), ACACIA)
    for wrong in (
        {name: value for name, value in right.items() if name != "actor"},
        right | {"activity_id": 7},
        right | {"color": "green"},
        right | {"metadata": {**right["metadata"], "sequence": "42"}},
    ):
        assert not ocsf_validator("1.3.0").is_valid(wrong)


def test_ocsf_says_who_did_what_and_which_rule_decided():
    found = FORMATS["ocsf"].document(made(), ACACIA)
    assert found["type_uid"] == 600301
    assert (found["status"], found["status_code"], found["status_detail"]) == (
        "Failure",
        "PERMISSION_DENIED",
        "ROLE_LACKS_PERMISSION",
    )
    assert found["time"] == 1795885200123
    assert found["metadata"]["original_time"] == "2026-11-28T17:00:00.123456Z"
    assert found["actor"]["authorizations"][1] == {
        "decision": "Denied",
        "policy": {"name": "permitted", "uid": "inventory.manage", "desc": "ROLE_LACKS_PERMISSION"},
    }
    assert [resource["uid"] for resource in found["resources"]] == ["5", "7"]
    assert found["unmapped"]["positions"] == {"first": 10, "last": 11}


def leaves(values: dict[str, Any], path: str = "") -> Iterator[str]:
    for name, value in values.items():
        inner = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            yield from leaves(value, inner)
        else:
            yield inner


def test_every_name_of_an_ecs_document_is_in_the_list_of_its_version():
    used = set()
    for event in every_kind():
        found = FORMATS["ecs"].document(event, ACACIA)
        used |= {name for name in leaves(found) if not name.startswith("asora.")}
        assert found["ecs"]["version"] == ecs_fields.VERSION
        assert set(found["event"]["category"]) <= ecs_fields.CATEGORIES
        assert set(found["event"]["type"]) <= ecs_fields.TYPES
        assert found["event"]["outcome"] in ecs_fields.OUTCOMES
    assert used == ecs_fields.FIELDS  # nothing beyond the list, and nothing in the list that is not used


def test_every_cloud_event_obeys_the_specification():
    for event in every_kind():
        found = FORMATS["cloudevents"].document(event, ACACIA)
        assert found["specversion"] == "1.0"
        assert {"id", "source", "type"} <= set(found)
        for name, value in found.items():
            assert re.fullmatch(r"[a-z0-9]{1,20}", name)
            assert value not in ("", None)
            assert name == "data" or isinstance(value, str)
        assert datetime.fromisoformat(found["time"]) == event.occurred_at
        assert found["data"] == document(event, ACACIA)


def test_the_sequence_of_cloud_events_sorts_as_text():
    numbers = [1, 9, 10, 2**31, 2**63 - 1]
    texts = [FORMATS["cloudevents"].document(made(number=number), ACACIA)["sequence"] for number in numbers]
    assert texts == sorted(texts)
    assert "sequence" not in FORMATS["cloudevents"].document(made(number=None), ACACIA)


def test_json_lines_have_every_column_of_an_event():
    found = FORMATS["jsonl"].document(made(), ACACIA)
    text = json.dumps(found)
    for value in (
        "acacia-1",
        "their-7",
        "acacia-0",
        "s-1",
        "items/new/",
        "t-1",
        "d-1",
        "e-1",
        "0.9.0",
        "key_name",
    ):
        assert value in text
    names = {
        "id": "id", "occurred_at": "occurred_at", "actor_type": "actor", "actor_ref": "actor", "session_ref": "session",
        "rule_id": "rule", "resource_type": "resource", "resource_id": "resource", "resource_label": "resource",
        "first_position": "positions", "last_position": "positions", "export_ref": "export",
        "dispatch_ref": "dispatch", "ticket_ref": "ticket",
    }  # fmt: skip
    # The id of the writing transaction is only valid on one server, so no format has it.
    columns = {field.attname for field in Event._meta.concrete_fields} - {"xid8"}
    assert {names.get(column, column) for column in columns} <= set(found)


def test_json_lines_have_the_same_keys_for_every_event():
    keys = set(document(made(), ACACIA))
    assert all(set(document(event, ACACIA)) == keys for event in every_kind() if event.is_whole)


def test_csv_is_read_back_and_no_text_is_run_as_a_formula():
    form = FORMATS["csv"]
    text = (form.beginning() + form.line(made(), ACACIA) + form.line(sparse(), ACACIA)).decode()
    full, empty = list(csv.DictReader(io.StringIO(text)))
    assert list(full) == list(COLUMNS)
    assert (full["resource"], full["number"], full["http_status"]) == ("'=CMD()", "42", "403")
    assert json.loads(full["decision"])[1]["rule"] == "inventory.manage"
    assert json.loads(full["hubs"]) == [1, 2]
    assert (empty["hubs"], empty["message"], empty["http_status"]) == ("", "", "")


@pytest.mark.parametrize("name", FORMATS)
def test_an_event_of_another_hub_shows_who_when_action_and_outcome_only(name):
    form = FORMATS[name]
    text = form.text(concealed(), ACACIA)
    for shown in ("u-1", "2026-11-28T17:00:00.123456Z", "inventory.item.create", "42"):
        assert shown in text
    hidden = (
        "CMD", "A-1", "acacia-1", "acacia-0", "their-7", "s-1", "items/new/", "ROLE_LACKS", "PERMISSION_DENIED",
        "inventory.manage", "item:5", "viewer", "e-1", "t-1", "d-1", "inventory.bin", "key_name", "403",
    )  # fmt: skip
    assert [value for value in hidden if value in text] == []


@pytest.mark.parametrize("name", FORMATS)
def test_an_event_is_one_line_whatever_its_texts_contain(name):
    event = made(message='Line one\nline "two"\r\nthree \u2028 end', resource_label="a\rb")
    line = FORMATS[name].line(event, ACACIA)
    assert line.endswith(b"\n")
    if name != "csv":
        assert line.count(b"\n") == 1
        assert json.loads(line) == FORMATS[name].document(event, ACACIA)
    else:
        row = next(csv.reader(io.StringIO(line.decode(), newline="")))
        assert dict(zip(COLUMNS, row, strict=True))["message"] == event.message


def test_an_allowed_and_a_refused_attempt_are_the_same_activity():
    for name, expected in {
        "inventory.item.create": Activity.CREATE,
        "inventory.item.edit": Activity.UPDATE,
        "ledger.count.open": Activity.CREATE,
        "page.open": Activity.READ,
        "list.download": Activity.READ,
        "accounts.invitation.withdraw": Activity.DELETE,
        "accounts.lock_out": Activity.OTHER,
    }.items():
        assert activity_of(name) is expected
    # An action whose verb is unknown is still told apart, by its own verb.
    found = FORMATS["ocsf"].document(made(action="accounts.lock_out"), ACACIA)
    assert (found["activity_id"], found["activity_name"], found["type_uid"]) == (99, "lock_out", 600399)


def test_real_events_are_valid_too(acacia, act_as):
    door()(act_as("manager"), code="V1")
    with pytest.raises(PermissionDenied):
        door()(act_as("viewer"), code="V2")
    allowed, refused = Event.objects.order_by("number")
    for event in (allowed, refused):
        event.is_whole = True
        assert ocsf_validator("1.3.0").is_valid(FORMATS["ocsf"].document(event, ACACIA))
    assert FORMATS["ocsf"].document(allowed, ACACIA)["status"] == "Success"
    assert FORMATS["ecs"].document(refused, ACACIA)["user"]["roles"] == ["viewer"]
