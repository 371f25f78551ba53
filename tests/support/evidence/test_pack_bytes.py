"""Any changed byte of a pack is found, and every clever change by somebody who can write zip files."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django_tenants.utils import tenant_context

from audit.seals.verify import Unreadable, verify
from ledger.models import Kind, Posting
from support.evidence.packs import signing
from support.evidence.packs.encryption import encrypted, new_passphrase
from tests.audit.proof_files import changed
from tests.factories.documents import post_movement, receive
from tests.factories.master_data import make_master_data
from tests.support.evidence.scene import Scene
from tests.support.evidence.test_make_pack import members, pack_of


@pytest.fixture
def pack(desk: Scene, act_as: Callable[..., object]) -> bytes:
    """A pack with a refusal and an issue, and the stock that it moved."""
    with tenant_context(desk.tenant):
        data = make_master_data()
        receive(act_as("manager", tenant=desk.tenant), data, ("BOLT", "NORTH/A-1", "10", "1"))  # type: ignore[arg-type]
        issuing = act_as("manager", tenant=desk.tenant)
        position = post_movement(issuing, data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "3"))  # type: ignore[arg-type]
        moved = Posting.objects.get(pk=position)
    refused = desk.refuse()
    return pack_of(desk, refused, moved, story="# What happened")  # type: ignore[arg-type]


def problems(folder: Path, content: bytes, *, pack_key: str | None = None) -> list[str]:
    path = folder / "pack.zip"
    path.write_bytes(content)
    try:
        return [f"{kind}: {text}" for kind, text in verify(path, pack_key=pack_key).problems]
    except (Unreadable, OSError) as error:
        return [str(error)]


def test_every_changed_byte_is_found(pack: bytes, tmp_path: Path) -> None:
    assert problems(tmp_path, pack) == []
    end = pack.rfind(b"PK\5\6")
    directory = pack.find(b"PK\1\2")
    places = {
        *range(end, len(pack)),  # the end record and the signature
        *random.Random(7).sample(range(directory, end), 60),
        *random.Random(7).sample(range(directory), 100),
    }
    for place in sorted(places):
        for bit in (1, 128):
            content = bytearray(pack)
            content[place] ^= bit
            assert problems(tmp_path, bytes(content)), f"byte {place} of {len(pack)} was changed unseen"


@pytest.mark.parametrize("cut", [1, 22, 300, 5_000])
def test_a_pack_that_was_cut_off_or_has_more_is_found(pack: bytes, tmp_path: Path, cut: int) -> None:
    assert problems(tmp_path, pack[:-cut])
    assert problems(tmp_path, pack + b"x" * cut)
    assert problems(tmp_path, b"x" * cut + pack)


def _edited(name: str, old: str, new: str) -> dict[str, Callable[[bytes], bytes]]:
    def edit(content: bytes) -> bytes:
        assert old.encode() in content
        return content.replace(old.encode(), new.encode())

    return {name: edit}


EDITS = {
    "a document": _edited("events", "PERMISSION_DENIED", "PLAN_LIMIT_EXCEEDED"),
    "the story": _edited("ticket", "happened", "did not happen"),
    "a balance": _edited("ledger", "opening", "closing"),
    "a decision": _edited("decisions", "stopped", "passed"),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_file_that_was_exchanged_with_its_hash_in_the_manifest_is_found(
    pack: bytes, tmp_path: Path, name: str
) -> None:
    found = problems(tmp_path, changed(pack, **EDITS[name]))
    assert any(problem.startswith("forged: manifest.json is not signed") for problem in found)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ("a document", "altered: event"),
        ("a balance", "figure: line"),
    ],
)
def test_what_somebody_with_the_key_of_packs_changes_contradicts_the_seals(
    pack: bytes, tmp_path: Path, edit: str, says: str
) -> None:
    """Even support could not change an event: the seals have another key."""
    file = io.BytesIO(changed(pack, **EDITS[edit]))
    with zipfile.ZipFile(file) as book:
        kept = {name: book.read(name) for name in book.namelist() if name != signing.SIGNATURE}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        for name, content in kept.items():
            book.writestr(name, content)
    signing.sign_pack(file, signing.current_key())
    found = problems(tmp_path, file.getvalue())
    assert any(problem.startswith(says) for problem in found), found
    assert not any("is not signed" in problem for problem in found)


def test_a_pack_signed_with_another_key_is_found_by_the_known_key(pack: bytes, tmp_path: Path) -> None:
    key = json.loads(members(pack)["manifest.json"])["pack"]["key"]
    other = signing.derived(b"\1" * 32)
    text = json.dumps(key)[1:-1]

    def edit(content: bytes) -> bytes:
        return content.replace(text.encode(), str(other.verifier).encode())

    with zipfile.ZipFile(io.BytesIO(pack)) as book:
        kept = {name: book.read(name) for name in book.namelist() if name != signing.SIGNATURE}
    kept["manifest.json"] = edit(kept["manifest.json"])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        for name, content in kept.items():
            book.writestr(name, content)
    signing.sign_pack(file, other)
    assert problems(tmp_path, file.getvalue()) == []
    assert problems(tmp_path, file.getvalue(), pack_key=key) == [
        f"forged: the pack is not signed with the key {key}"
    ]


def test_every_changed_byte_of_an_encrypted_pack_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The header is authenticated with each chunk. scrypt is replaced: one thousand derivations take minutes."""
    from audit.seals import verify as program

    monkeypatch.setattr(program, "derived_key", lambda phrase, salt, *, log_n: (phrase.encode() + salt)[:32])
    monkeypatch.setattr(
        "support.evidence.packs.encryption.derived_key",
        lambda phrase, salt, *, log_n: (phrase.encode() + salt)[:32],
    )
    monkeypatch.setattr(program, "CHUNK", 100)
    monkeypatch.setattr("support.evidence.packs.encryption.CHUNK", 100)
    plain, phrase = bytes(range(250)), new_passphrase()
    content = encrypted(plain, phrase)
    assert program.decrypted(content, phrase) == plain
    for place in range(len(content)):
        broken = bytearray(content)
        broken[place] ^= 1
        with pytest.raises(Unreadable):
            program.decrypted(bytes(broken), phrase)
    chunk = 100 + program.TAG
    header = len(content) - len(plain) - 3 * program.TAG
    swapped = (
        content[:header]
        + content[header + chunk :][:chunk]
        + content[header:][:chunk]
        + content[header + 2 * chunk :]
    )
    for cut in (
        content[: header + chunk],
        content[: header + 2 * chunk],
        content[:-1],
        content[:header],
        content[:5],
        swapped,
    ):
        with pytest.raises(Unreadable):
            program.decrypted(cut, phrase)
