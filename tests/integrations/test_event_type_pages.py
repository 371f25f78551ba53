"""The pages of event types, and the catalogue as a file."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command

from integrations.types import document
from integrations.types.catalogue import TYPES
from plans.models import Tenant
from tests.fixture_types import Clients

LIST = "/integrations/event-types/"


def test_lists_every_event_type_with_a_link_to_its_page(acacia: Tenant, client_as: Clients) -> None:
    page = client_as("manager").get(LIST).content.decode()
    for name, event_type in TYPES.items():
        assert f'href="{LIST}{name}/"' in page
        assert str(event_type.title).replace("'", "&#x27;") in page


@pytest.mark.parametrize("name", TYPES)
def test_shows_fields_sample_and_schema(acacia: Tenant, client_as: Clients, name: str) -> None:
    answer = client_as("manager").get(f"{LIST}{name}/")
    shown = answer.content.decode()
    assert all(f"<code>{each.path}</code>" in shown for each in TYPES[name].fields)
    assert json.loads(answer.context["sample"]) == document.sample(TYPES[name])
    schema = client_as("manager").get(f"{LIST}{name}/schema.json")
    assert json.loads(schema.content) == json.loads(answer.context["schema"])
    assert schema["Content-Disposition"] == f'attachment; filename="{name}.schema.json"'


def test_the_download_is_the_file_that_the_command_writes(
    acacia: Tenant, client_as: Clients, tmp_path: object
) -> None:
    written = io.StringIO()
    call_command("event_types", stdout=written)
    answer = client_as("owner").get(f"{LIST}catalogue.json")
    assert answer.content.decode() == written.getvalue()
    assert [each["name"] for each in answer.json()["types"]] == list(TYPES)


@pytest.mark.parametrize("path", ["inventory.posting.receipt.v9/", "x/schema.json", "..%2f/", "catalogue/"])
def test_an_unknown_event_type_has_no_page(acacia: Tenant, client_as: Clients, path: str) -> None:
    assert client_as("owner").get(LIST + path).status_code == 404


@pytest.mark.parametrize(
    "path", ["", "catalogue.json", "integrations.test.v1/", "integrations.test.v1/schema.json"]
)
def test_refuses_people_who_have_nothing_to_do_with_integrations(
    acacia: Tenant, client_as: Clients, path: str
) -> None:
    assert client_as("receiver").get(LIST + path).status_code == 403
