"""Packs for somebody outside: encrypted under a passphrase that is shown once and stored nowhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from asora.accounts.people.actions.erasing import erase_person
from audit.seals.proof.files import VERIFIER
from support.evidence.packs.actions import make_pack
from support.evidence.packs.encryption import new_passphrase
from support.models import EvidencePackFile
from tests.factories import people
from tests.support.evidence.scene import Scene

RECIPIENT = "Zebulon Auditors"


def opened(folder: Path, passphrase: str) -> Any:
    return subprocess.run(
        [sys.executable, "-I", "verify.py", "open", "pack.asora"],
        cwd=folder, env={}, input=passphrase + "\n", capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_it_is_opened_with_its_passphrase_without_asora(desk: Scene, tmp_path: Path, events: Any) -> None:
    event = desk.refuse()
    desk.seal()
    made = make_pack(
        desk.agent, tenant=desk.tenant, purpose="T-1", requests=[event.request_id], recipient=RECIPIENT
    )
    file = EvidencePackFile.objects.get(pack=made.pack)
    content = bytes(file.content)
    assert b"PERMISSION_DENIED" not in content
    assert not content.startswith(b"PK")
    (tmp_path / "verify.py").write_bytes(VERIFIER.read_bytes())
    (tmp_path / "pack.asora").write_bytes(content)

    wrong = opened(tmp_path, new_passphrase())
    assert wrong.returncode == 2
    assert "the passphrase is wrong, or the file was changed" in wrong.stdout
    assert not (tmp_path / "pack.zip").exists()
    right = opened(tmp_path, made.passphrase.upper().replace("-", " "))
    assert right.returncode == 0, right.stdout
    assert "OK       opened: pack.zip" in right.stdout
    assert "RESULT   no problem found" in right.stdout

    [recorded] = events(action="support.evidence.pack")
    assert (made.pack.is_external, made.pack.recipient_length, file.recipient) == (True, 16, RECIPIENT)
    assert recorded.facts["recipient_length"] == 16
    assert RECIPIENT not in str([recorded.facts, recorded.changes, recorded.decision])


def test_the_passphrase_has_128_bits_and_is_stored_nowhere(desk: Scene) -> None:
    event = desk.refuse()
    desk.seal()
    made = make_pack(
        desk.agent, tenant=desk.tenant, purpose="T-1", requests=[event.request_id], recipient=RECIPIENT
    )
    assert re.fullmatch(r"([a-z2-7]{4}-){6}[a-z2-7]{2}", made.passphrase)
    assert len({new_passphrase() for _number in range(100)}) == 100
    letters = made.passphrase.replace("-", "")
    with connection.cursor() as cursor:
        for table in ("support_evidencepack", "support_evidencepackfile", "audit_event"):
            cursor.execute(
                f"SELECT count(*) FROM {table} t WHERE t::text ~ %s", [f"{made.passphrase}|{letters}"]
            )
            assert cursor.fetchone() == (0,), table


@pytest.mark.parametrize("role", ["agent"])
def test_erasing_the_agent_empties_the_recipient(desk: Scene, act_as: Any, public: Any, role: str) -> None:
    event = desk.refuse()
    desk.seal()
    made = make_pack(
        desk.agent, tenant=desk.tenant, purpose="T-1", requests=[event.request_id], recipient=RECIPIENT
    )
    erase_person(act_as("platform_lead"), person=people.person(role, public))
    assert EvidencePackFile.objects.get(pack=made.pack).recipient == ""
