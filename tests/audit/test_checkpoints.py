"""What a seal signs: C2SP signed notes and checkpoints, and the keys that sign them."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ImproperlyConfigured

from asora import environment
from audit.seals import keys
from audit.seals.checkpoint import BadNote, Checkpoint, opened, sign, unverified, verified_text
from audit.seals.keys import SigningKey, VerifierKey

# The example of Go's golang.org/x/mod/sumdb/note, which the signed note of C2SP was made from.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_NOTE = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

\N{EM DASH} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""

SEED = b"another seed for tests, 32 bytes"
CHECKPOINT = Checkpoint(
    origin="localhost/acacia/audit",
    size=12,
    root=b"r" * 32,
    seal=3,
    kind="batch",
    rows=(8, 12),
    count=5,
    time=datetime(2026, 11, 28, 18, 5, 9, 250, tzinfo=UTC),
    key_id="00000000",
    row_format=1,
    previous=b"p" * 32,
)


def key_of(schema: str, origin: str = "localhost/acacia/audit") -> SigningKey:
    return keys.derive(SEED, schema=schema, origin=origin)


def sealed(key: SigningKey, **changes: object) -> str:
    checkpoint = replace(CHECKPOINT, key_id=key.verifier.key_id.hex(), **changes)  # type: ignore[arg-type]
    return sign(checkpoint.text(), key)


def test_a_note_of_gos_library_verifies() -> None:
    assert verified_text(GO_NOTE, VerifierKey.parse(GO_KEY)).startswith("If you think cryptography")


def test_our_signature_of_the_same_text_is_gos_own() -> None:
    secret = Ed25519PrivateKey.from_private_bytes(base64.b64decode(GO_SECRET)[1:])
    text = GO_NOTE.rpartition("\n\n")[0] + "\n"
    assert sign(text, SigningKey(name="PeterNeumann", secret=secret)) == GO_NOTE
    assert str(SigningKey(name="PeterNeumann", secret=secret).verifier) == GO_KEY


def test_a_checkpoint_says_all_of_it_in_lines() -> None:
    key = key_of("t_acacia")
    assert sealed(key).splitlines()[:-2] == [
        "localhost/acacia/audit",
        "12",
        base64.b64encode(b"r" * 32).decode(),
        "seal 3",
        "kind batch",
        "rows 8-12",
        "count 5",
        "time 2026-11-28T18:05:09.000250Z",
        f"key {key.verifier.key_id.hex()}",
        "format 1",
        f"previous {base64.b64encode(b'p' * 32).decode()}",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"rows": None, "count": 0, "kind": "rotation", "next_key": GO_KEY},
        {"rows": None, "count": 0, "kind": "restored", "missing": (13, 20)},
        {"rows": (0, 0), "kind": "genesis", "seal": 1, "previous": b""},
    ],
)
def test_a_note_is_read_as_it_was_written(changes: dict[str, object]) -> None:
    key = key_of("t_acacia")
    expected = replace(CHECKPOINT, key_id=key.verifier.key_id.hex(), **changes)  # type: ignore[arg-type]
    assert opened(sealed(key, **changes), key.verifier) == expected


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("\n12\n", "\n13\n"), ("rows 8-12", "rows 8-13"), ("batch", "genesis"), ("count 5", "count 05")],
)
def test_a_changed_note_does_not_verify(was: str, becomes: str) -> None:
    key = key_of("t_acacia")
    note = sealed(key)
    assert was in note
    with pytest.raises(BadNote):
        opened(note.replace(was, becomes), key.verifier)


def test_an_unusual_spelling_is_no_checkpoint_even_when_it_is_signed() -> None:
    key = key_of("t_acacia")
    text = replace(CHECKPOINT, key_id=key.verifier.key_id.hex()).text().replace("count 5", "count 05")
    with pytest.raises(BadNote):
        opened(sign(text, key), key.verifier)


@pytest.mark.parametrize(
    "note", ["", "\n\n", "a\n\nb\n", "a\n\n\N{EM DASH} k !!!\n", sealed(key_of("x"))[:-1]]
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(BadNote):
        unverified(note)


def test_another_key_has_not_signed_it() -> None:
    with pytest.raises(BadNote, match="this key has not signed"):
        opened(sealed(key_of("t_acacia")), key_of("t_birch").verifier)


def test_a_witness_can_add_its_line() -> None:
    key, witness = key_of("t_acacia"), key_of("w", origin="witness.example/w")
    text = verified_text(sealed(key), key.verifier)
    both = sealed(key) + sign(text, witness).splitlines(keepends=True)[-1]
    assert opened(both, key.verifier) == opened(sealed(key), key.verifier)
    assert verified_text(both, witness.verifier) == text


def test_each_schema_has_a_key_of_its_own_and_both_streams_share_it() -> None:
    one, other = key_of("t_acacia"), key_of("t_birch")
    assert one.verifier.public != other.verifier.public
    ledger = key_of("t_acacia", origin="localhost/acacia/ledger")
    assert ledger.verifier.public == one.verifier.public
    assert ledger.verifier.key_id != one.verifier.key_id


@pytest.mark.parametrize(
    "text", ["", "a", "a+b", "a+00000000+AQ==", GO_KEY.replace("c7", "c8"), GO_KEY.replace("P", "P ")]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - several sources
        VerifierKey.parse(text)


def test_the_seed_comes_from_a_variable_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    new, old = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
    monkeypatch.setenv("ASORA_SEALING_KEY", f"{new}, {old}")
    assert environment.keys("ASORA_SEALING_KEY", size=32) == [b"\1" * 32, b"\2" * 32]
    (tmp_path / "seed").write_text(f"{old}\n{new}\n")
    monkeypatch.setenv("ASORA_SEALING_KEY_FILE", str(tmp_path / "seed"))
    assert environment.keys("ASORA_SEALING_KEY", size=32) == [b"\2" * 32, b"\1" * 32]
    for broken in ("x", base64.b64encode(b"short").decode()):
        (tmp_path / "seed").write_text(broken)
        with pytest.raises(ImproperlyConfigured):
            environment.keys("ASORA_SEALING_KEY", size=32)
    monkeypatch.setenv("ASORA_SEALING_KEY_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured):
        environment.keys("ASORA_SEALING_KEY", size=32)
