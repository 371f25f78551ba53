"""Payloads are signed as Standard Webhooks say, by every valid secret and by the tenant's webhook key."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from audit.seals import keys as sealing_keys
from integrations.signatures import keys, secrets, signing

BODY = '{"specversion":"1.0","data":{"item":"Schraube M8 für Ø 9","quantity":"1.000"}}'.encode()
EVENT_ID = "0198f2a1-7b1e-7c3a-9d2f-5a6b7c8d9e0f-1"
SEED = b"the seed of signatures, 32 bytes"


def signed(*given: str, seeds: tuple[bytes, ...] = (SEED,), moment: datetime | None = None) -> dict[str, str]:
    return signing.headers(
        [secrets.decoded(text) for text in given],
        [keys.derive(seed, schema="acacia") for seed in seeds],
        event_id=EVENT_ID,
        moment=moment or datetime.now(UTC),
        body=BODY,
    )


def is_valid_for(public_text: str, headers: dict[str, str], body: bytes) -> bool:
    """Return True if one of the `v1a` signatures is valid: written from the specification, with no code of Asora."""
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_text.removeprefix("whpk_")))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for one in headers["webhook-signature"].split(" "):
        version, _, text = one.partition(",")
        if version != "v1a":
            continue
        try:
            public.verify(base64.b64decode(text), content)
        except InvalidSignature:
            continue
        return True
    return False


def test_verifies_with_the_library() -> None:
    secret = secrets.generate()
    payload = Webhook(secret).verify(BODY, signed(secret))
    assert payload["data"]["item"] == "Schraube M8 für Ø 9"


def test_a_changed_body_id_or_time_is_refused() -> None:
    secret = secrets.generate()
    headers = signed(secret)
    later = str(int(headers["webhook-timestamp"]) + 1)
    for body, changed in (
        (BODY.replace(b"1.000", b"9.000"), headers),
        (BODY, headers | {"webhook-id": EVENT_ID[:-1] + "2"}),
        (BODY, headers | {"webhook-timestamp": later}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, changed)
        assert not is_valid_for(keys.derive(SEED, schema="acacia").public_text, changed, body)


def test_both_secrets_sign_during_a_rotation() -> None:
    new, old, stranger = (secrets.generate() for _ in range(3))
    headers = signed(new, old)
    Webhook(new).verify(BODY, headers)
    Webhook(old).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(stranger).verify(BODY, headers)


def test_ed25519_needs_only_the_public_key() -> None:
    headers = signed()
    assert is_valid_for(keys.derive(SEED, schema="acacia").public_text, headers, BODY)
    assert not is_valid_for(keys.derive(SEED, schema="birch").public_text, headers, BODY)
    assert not is_valid_for(keys.derive(SEED, schema="acacia").public_text, headers, BODY + b" ")


def test_the_webhook_key_is_not_the_sealing_key() -> None:
    sealing = sealing_keys.derive(SEED, schema="acacia", origin="asora.test/acacia/audit")
    assert keys.derive(SEED, schema="acacia").public != sealing.verifier.public


def test_both_keys_sign_while_the_seed_is_replaced(settings: object) -> None:
    old, new = keys.derive(SEED, schema="acacia"), keys.derive(b"n" * 32, schema="acacia")
    settings.ASORA_SEALING_KEYS = [b"n" * 32, SEED, b"an older seed, thirty-two bytes!"]  # type: ignore[attr-defined]
    valid = keys.webhook_keys(schema="acacia")
    assert [key.public_text for key in valid] == [new.public_text, old.public_text]
    headers = signing.headers([], valid, event_id=EVENT_ID, moment=datetime.now(UTC), body=BODY)
    assert is_valid_for(old.public_text, headers, BODY)
    assert is_valid_for(new.public_text, headers, BODY)


def test_without_a_seed_only_the_secret_signs(settings: object) -> None:
    settings.ASORA_SEALING_KEYS = []  # type: ignore[attr-defined]
    assert keys.webhook_keys(schema="acacia") == ()
    assert signed(secrets.generate(), seeds=())["webhook-signature"].startswith("v1,")


def test_any_time_zone_signs_the_same_moment() -> None:
    secret, moment = secrets.generate(), datetime.now(UTC)
    elsewhere = moment.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert signed(secret, moment=elsewhere) == signed(secret, moment=moment)
    Webhook(secret).verify(BODY, signed(secret, moment=elsewhere))


def test_nothing_unsigned_and_no_odd_id() -> None:
    moment = datetime.now(UTC)
    key = keys.derive(SEED, schema="acacia")
    with pytest.raises(ValueError, match="without a signature"):
        signing.headers([], [], event_id=EVENT_ID, moment=moment, body=BODY)
    for event_id in ("a.b", "a\r\nx-other: 1", "", "é", "a" * 81):
        with pytest.raises(ValueError, match="event id"):
            signing.headers([], [key], event_id=event_id, moment=moment, body=BODY)
    with pytest.raises(ValueError, match="time zone"):
        signing.headers([], [key], event_id=EVENT_ID, moment=moment.replace(tzinfo=None), body=BODY)


def test_errors_and_representations_do_not_show_the_secret() -> None:
    for text in ("whsec_ä" + "a" * 20, "whsec_a", "plain-secret-text"):
        with pytest.raises(ValueError, match="not the secret") as failure:
            secrets.decoded(text)
        assert text not in repr(failure.value)
        assert failure.value.__cause__ is None
    private = keys.derive(SEED, schema="acacia")
    raw = private.secret.private_bytes_raw()
    assert base64.b64encode(raw).decode() not in repr(private)
    assert raw.hex() not in repr(private)
