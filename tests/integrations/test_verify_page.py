"""The page that explains how to verify signatures: the public key, and programs that are the tested files."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from integrations.signatures import keys, signing
from integrations.signatures.samples import FOLDER, SAMPLES
from plans.models import Tenant
from tests.fixture_types import Clients


def test_the_key_on_the_page_verifies_what_the_tenant_sends(acacia: Tenant, client_as: Clients) -> None:
    answer = client_as("owner").get("/integrations/verify/key.txt")
    assert answer["Content-Disposition"] == f'attachment; filename="{acacia.slug}_webhook_key.txt"'
    text = answer.content.decode().strip()
    assert text in client_as("owner").get("/integrations/verify/").content.decode()

    valid = keys.webhook_keys(schema=acacia.schema_name)
    headers = signing.headers([], valid, event_id="1-1", moment=datetime.now(UTC), body=b"{}")
    signature = base64.b64decode(headers["webhook-signature"].removeprefix("v1a,"))
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(text.removeprefix("whpk_")))
    public.verify(signature, f"1-1.{headers['webhook-timestamp']}.{{}}".encode())


def test_each_tenant_has_a_key_of_its_own(acacia: Tenant, birch: Tenant, client_as: Clients) -> None:
    ours = keys.webhook_keys(schema=acacia.schema_name)[0].public_text
    theirs = keys.webhook_keys(schema=birch.schema_name)[0].public_text
    assert ours != theirs
    assert theirs not in client_as("owner").get("/integrations/verify/").content.decode()


@pytest.mark.parametrize("name", SAMPLES)
def test_shows_and_downloads_each_program(acacia: Tenant, client_as: Clients, name: str) -> None:
    written = (FOLDER / name).read_bytes()
    answer = client_as("manager").get(f"/integrations/verify/{name}")
    assert answer.content == written
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    page = client_as("manager").get("/integrations/verify/", {"sample": name})
    assert page.context["source"] == written.decode()


@pytest.mark.parametrize("name", ["__init__.py", "..%2f__init__.py", "verify.rb", "../keys.py"])
def test_gives_no_other_file(acacia: Tenant, client_as: Clients, name: str) -> None:
    assert client_as("owner").get(f"/integrations/verify/{name}").status_code == 404
    assert (
        client_as("owner").get("/integrations/verify/", {"sample": name}).context["chosen"].file
        == "verify.py"
    )


def test_every_program_in_the_folder_is_offered() -> None:
    assert {path.name for path in FOLDER.glob("verify.*")} == set(SAMPLES)
    assert isinstance(FOLDER, Path)


def test_a_replaced_seed_shows_both_keys(acacia: Tenant, client_as: Clients, settings: object) -> None:
    settings.ASORA_SEALING_KEYS = [b"n" * 32, b"o" * 32]  # type: ignore[attr-defined]
    page = client_as("owner").get("/integrations/verify/").content.decode()
    lines = client_as("owner").get("/integrations/verify/key.txt").content.decode().split()
    assert len(lines) == 2
    assert all(line in page for line in lines)
    assert "The key was replaced" in page


def test_without_a_seed_it_says_so(acacia: Tenant, client_as: Clients, settings: object) -> None:
    settings.ASORA_SEALING_KEYS = []  # type: ignore[attr-defined]
    page = client_as("owner").get("/integrations/verify/").content.decode()
    assert "has no key" in page
    assert "key.txt" not in page
    assert client_as("owner").get("/integrations/verify/key.txt").status_code == 404


@pytest.mark.parametrize("path", ["", "key.txt", "verify.py"])
def test_refuses_the_viewer(acacia: Tenant, client_as: Clients, path: str) -> None:
    assert client_as("viewer").get(f"/integrations/verify/{path}").status_code == 403
