"""The catalogue of event types: schemas, samples, documentation, and that a version never changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from asora.kernel.shapes import Values
from audit.events.redaction import redact
from integrations.types import document
from integrations.types.catalogue import CHOSEN, DESCRIPTION_FAILED, TEST, TYPES
from integrations.types.definition import EventType
from integrations.types.schema import schema
from integrations.types.values import without_values
from tests.integrations.payloads import checked

GOLDEN = Path(__file__).parent / "event_types.golden.json"
EACH = pytest.mark.parametrize("event_type", TYPES.values(), ids=TYPES)


@EACH
def test_sample_fits_its_schema(event_type: EventType) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(event_type))
    assert checked(document.sample_bytes(event_type)) == document.sample(event_type)


@EACH
def test_sample_has_every_field(event_type: EventType) -> None:
    """The schemas leave money optional; the sample shows it, and nothing that is not documented."""
    assert _paths(document.sample(event_type)["data"]) == {each.path for each in event_type.fields}


@EACH
def test_every_field_has_a_meaning(event_type: EventType) -> None:
    for each in event_type.fields:
        assert str(each.meaning).endswith("."), each.path


@EACH
def test_no_name_of_a_field_is_that_of_a_secret(event_type: EventType) -> None:
    """The redactor would hide such a field. Texts alone are redacted, because every other value is Asora's own."""
    data = document.sample(event_type)["data"]
    assert redact(data) == (data, [])


@EACH
def test_name_says_its_version_and_fits_its_column(event_type: EventType) -> None:
    assert event_type.name.rpartition(".v")[2].isdecimal()
    assert len(event_type.name) <= 60


@EACH
def test_a_wrong_payload_does_not_fit(event_type: EventType) -> None:
    """The schemas refuse a missing field, another type and an unknown field."""
    data = document.sample(event_type)["data"]
    name = next(each.name for each in event_type.fields if not each.is_value)
    wrong: list[Values] = [
        {key: value for key, value in data.items() if key != name},
        {**data, name: {"another": "type"}},
        {**data, "unknown": 1},
    ]
    for each in wrong:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(each, schema(event_type))


@EACH
def test_money_is_removed_for_a_reader_who_may_not_see_it(event_type: EventType) -> None:
    data = document.sample(event_type)["data"]
    shown = without_values(event_type.name, data)
    assert _paths(shown) == _paths(data) - set(event_type.values)
    jsonschema.validate(shown, schema(event_type))


def test_of_an_unknown_type_nothing_is_shown_to_a_reader_without_values() -> None:
    assert without_values("inventory.secret.v9", {"value": "1"}) == {}


def test_messages_cannot_be_chosen() -> None:
    assert set(TYPES) - set(CHOSEN) == {TEST, DESCRIPTION_FAILED}


def test_a_version_never_changes() -> None:
    """Every version that was ever in the catalogue is still there, with the same schema.

    Receivers check payloads against the schema that they downloaded, so another field, meaning or type is another
    version: add `….v2` beside `….v1`. Only a version that was never released may be corrected:
    `manage.py event_types --output tests/integrations/event_types.golden.json`.
    """
    golden = {each["name"]: each for each in json.loads(GOLDEN.read_text())["types"]}
    now = {each["name"]: each for each in document.document()["types"]}
    assert set(golden) == set(now)
    for name, each in golden.items():
        assert each["schema"] == now[name]["schema"], name
        assert each["values"] == now[name]["values"], name
    assert GOLDEN.read_text() == document.text()


def _paths(data: Any, prefix: str = "") -> set[str]:
    if isinstance(data, list):
        return set().union(*(_paths(each, prefix) for each in data)) if data else set()
    if not isinstance(data, dict):
        return set()
    found = set()
    for name, each in data.items():
        path = prefix + name
        is_list = isinstance(each, list)
        found |= {path} | _paths(each, f"{path}[]." if is_list else f"{path}.")
    return found
