"""Of an answer the first kilobyte is kept, and no secret in it, whole or cut."""

from __future__ import annotations

import base64

import pytest

from audit.events.redaction import MASK
from integrations.dispatch.answers import MAX_BYTES, MIN_TAIL, kept

SECRET = bytes(range(32))
PLAIN = base64.b64encode(SECRET).decode()
SPELLINGS = [
    PLAIN,
    PLAIN.rstrip("="),
    base64.urlsafe_b64encode(SECRET).decode(),
    SECRET.hex(),
    SECRET.hex().upper(),
    f"whsec_{PLAIN}",
    base64.b64encode(PLAIN.encode()).decode().rstrip("="),
    base64.b64encode(f"whsec_{PLAIN}".encode()).decode().rstrip("="),
]


def test_an_ordinary_answer_is_kept_as_it_is() -> None:
    text = '{"error": "the item BOLT is unknown", "id": "0192-…", "status": 422, "author": "ERP"}'
    assert kept(text, secrets=[SECRET]) == text


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_signing_secret_is_kept(spelling: str) -> None:
    found = kept(f"expected {spelling} but", secrets=[b"x" * 32, SECRET])
    assert spelling not in found
    assert PLAIN[:8] not in found
    assert found.startswith("expected ")
    assert found.endswith(" but")


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("length", [MIN_TAIL, 10, 31])
def test_the_beginning_of_a_secret_at_the_cut_is_not_kept(spelling: str, length: int) -> None:
    begun = f"whsec_{PLAIN[:length]}" if spelling.startswith("whsec_") else spelling[:length]
    found = kept(f"expected {begun}", secrets=[SECRET])
    assert found.removeprefix("expected ").removeprefix("whsec_") == MASK


@pytest.mark.parametrize(
    "tail",
    ["whsec_AbC", "asora_feed_x", "Bearer abc", "Basic YWJj", "Authorization: Bearer abcdefghijklmnopqrstuv"],
)
def test_other_secrets_at_the_cut_are_not_kept(tail: str) -> None:
    assert tail[-3:] not in kept(f"sent {tail}", secrets=[])


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "hunter2hunter2", "rows": [1, 2',
        '{"accessToken":"hunter2hunter2","rows":[',
        "token=hunter2hunter2&next=1",
        "api_key: hunter2hunter2",
        "client.secret = 'hunter2hunter2'",
    ],
)
def test_values_of_telling_names_are_not_kept(text: str) -> None:
    found = kept(text, secrets=[])
    assert "hunter2" not in found
    assert MASK in found


def test_at_most_a_kilobyte_is_kept() -> None:
    assert len(kept("ü" * 3000, secrets=[]).encode()) <= MAX_BYTES
    assert "\x00" not in kept("a\x00b", secrets=[])
