"""The redactor: secrets are removed and recorded by path and rule, and nothing else is changed."""

from __future__ import annotations

import hashlib
import json

import pytest

from asora.kernel.events import record_event
from asora.kernel.ladder import Outcome
from audit.events.redaction import MASK, redact

TOKEN = "ghp_" + "a1B2" * 9
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghijk"


TELLING = """
password Password new_password password2 passwords passphrase secret client_secret api_key apiKey X-API-Key token
accessToken refresh_tokens Authorization Set-Cookie private_key csrfmiddlewaretoken sessionid session_key otp
recovery_codes credentials
"""


@pytest.mark.parametrize("name", TELLING.split())
def test_values_under_telling_names_go(name):
    cleaned, removed = redact({"outer": [{name: "value-1"}]})
    assert cleaned == {"outer": [{name: MASK}]}
    assert removed == [{"path": f"outer[0].{name}", "rule": "key_name"}]


@pytest.mark.parametrize(
    "name",
    [
        "passed",
        "tokenized_name",
        "secretary",
        "author",
        "keyboard",
        "sku",
        "options",
        "compass",
        "session_ref",
    ],
)
def test_names_that_only_look_alike_stay(name):
    assert redact({name: "value-1"}) == ({name: "value-1"}, [])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "private_key"),
        (JWT, "json_web_token"),
        ("Bearer abcdefghijklmnop", "bearer"),
        ("AKIAABCDEFGHIJKLMNOP", "aws_access_key"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "webhook_secret"),
        ("asora_feed_4kT9wq2ZbN7cYp1XmR8sVd3LhJ6fGa5eUo0iQx", "feed_token"),
        (TOKEN, "github_token"),
        ("xoxb-1234567890-abc", "slack_token"),
        ("postgresql://user:pa55@host/db", "url_password"),
    ],
)
def test_secrets_inside_texts_go(text, rule):
    cleaned, removed = redact({"note": f"see {text} there"})
    assert {entry["rule"] for entry in removed} >= {rule}
    assert MASK in cleaned["note"]
    assert cleaned["note"].startswith("see ")


def test_json_inside_a_text_is_read_however_deep():
    inner = json.dumps({"token": "abc", "kept": 1})
    outer = json.dumps({"body": inner})
    cleaned, removed = redact({"payload": outer})
    assert json.loads(json.loads(cleaned["payload"])["body"]) == {"token": MASK, "kept": 1}
    assert removed == [{"path": "payload.body.token", "rule": "key_name"}]


def test_hashes_identifiers_and_plain_words_stay():
    kept = {
        "sha256": hashlib.sha256(b"x").hexdigest(),
        "request": "acacia-01J9ZZZZZZZZZZZZZZZZZZZZZZ",
        "uuid": "01900000-0000-7000-8000-000000000000",
        "url": "https://example.com/a:b@c",
        "text": "the basic bearer of tokens",
        "number": 4, "none": None, "flag": True,
    }  # fmt: skip
    assert redact(kept) == (kept, [])


def test_a_text_that_is_almost_json_or_far_too_deep_does_no_harm():
    assert redact({"a": "{not json}"}) == ({"a": "{not json}"}, [])
    deep = "[" * 100_000 + "]" * 100_000
    assert redact({"a": deep})[0] == {"a": deep}


def test_the_trail_keeps_no_secret(acacia, act_as, events):
    act = act_as("manager").recording()
    act.touched("vendor:1")
    act.found(api_key="k-123", note=f"used {TOKEN}", rows=3)
    record_event(act, Outcome(action="list.download", outcome="allowed", ladder=[], record=act.record))
    [event] = events()
    assert event.facts == {"api_key": MASK, "note": f"used {MASK}", "rows": 3}
    assert {entry["path"] for entry in event.redactions} == {"facts.api_key", "facts.note"}


@pytest.mark.parametrize("text", ["nul \x00 byte", "half \ud800 pair", "x" * 5000])
def test_any_text_can_be_recorded(acacia, act_as, events, text):
    act = act_as("manager").recording()
    act.touched("vendor:1")
    act.found(note=text)
    outcome = Outcome(
        action="list.download", outcome="allowed", ladder=[], record=act.record, resource=("t", "1", text)
    )
    record_event(act, outcome)
    assert len(events()) == 1
