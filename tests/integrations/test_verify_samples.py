"""The samples in four languages accept what Asora signs, and refuse what was changed, is old or has another key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integrations.dispatch.models import Dispatch
from integrations.dispatch.running import dispatch
from integrations.endpoints.actions import create_endpoint, rotate_secret
from integrations.signatures import keys, secrets, signing
from integrations.signatures.samples import SAMPLES
from integrations.types.catalogue import TYPES
from integrations.types.document import sample_bytes
from plans.models import Tenant
from tests.factories import people
from tests.factories.documents import receive
from tests.factories.master_data import make_master_data
from tests.integrations.receiver import Receiver
from tests.integrations.samples import COMMANDS, Sample, require

EVENT_ID = "0198f2a1-7b1e-7c3a-9d2f-5a6b7c8d9e0f-1"
BODY = json.dumps(
    {
        "specversion": "1.0",
        "id": EVENT_ID,
        "type": "inventory.posting.receipt.v1",
        "sequence": "1042",
        "data": {"item": "Schraube M8 für Ø 9\r\n\t\u2028", "quantity": "1.000", "bin": "A-1"},
    },
    ensure_ascii=False,
).encode()
SEED, NEXT_SEED = b"the seed of samples, 32 bytes...", b"the next seed of samples, 32 by."
KEY = keys.derive(SEED, schema="acacia")
PUBLIC = KEY.public_text


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[str]]:
    """The command of a language; Go is compiled once."""
    built: dict[str, list[str]] = {}

    def command(language: str) -> list[str]:
        if language not in built:
            built[language] = COMMANDS[language](tmp_path_factory.mktemp(language))
        return built[language]

    return command


@pytest.fixture(params=COMMANDS)
def sample(request: pytest.FixtureRequest, programs: Callable[[str], list[str]], tmp_path: Path) -> Sample:
    """Each language in turn."""
    require(request.param)
    return Sample(language=request.param, command=programs(request.param), folder=tmp_path)


def signed(
    *given: str, body: bytes = BODY, seconds: int = 0, seeds: tuple[bytes, ...] = (SEED,)
) -> dict[str, str]:
    """The headers of an attempt that started so many seconds from now."""
    return signing.headers(
        [secrets.decoded(text) for text in given],
        [keys.derive(seed, schema="acacia") for seed in seeds],
        event_id=EVENT_ID,
        moment=datetime.now(UTC) + timedelta(seconds=seconds),
        body=body,
    )


def test_every_sample_is_tested() -> None:
    assert len(COMMANDS) == len(SAMPLES) == 4


def test_accepts_the_secret_and_the_public_key(sample: Sample) -> None:
    secret = secrets.generate()
    headers = signed(secret)
    for given in ([secret], [PUBLIC], [secret, PUBLIC], [secrets.generate(), PUBLIC]):
        verdict = sample.verify(headers, BODY, *given)
        assert verdict.is_valid, verdict
        assert verdict.output.strip() == f"valid: {EVENT_ID}"


def test_accepts_any_length_and_any_spelling_of_header_names(sample: Sample) -> None:
    secret = secrets.generate()
    for length in (0, 1, 63, 64, 65, 200_000):
        body = ("ø" * length).encode()[: length - length % 2]
        headers = {name.title(): value for name, value in signed(secret, body=body).items()}
        assert sample.verify(headers, body, secret).is_valid, length
        assert sample.verify(headers, body, PUBLIC).is_valid, length


def test_refuses_a_changed_body_id_or_time(sample: Sample) -> None:
    secret = secrets.generate()
    headers = signed(secret)
    later = str(int(headers["webhook-timestamp"]) + 1)
    for given in (secret, PUBLIC):
        assert sample.verify(headers, BODY.replace(b"1.000", b"9.000"), given).is_refused
        assert sample.verify(headers, BODY + b"\n", given).is_refused
        assert sample.verify(headers, b"", given).is_refused
        assert sample.verify(headers | {"webhook-id": EVENT_ID[:-1] + "2"}, BODY, given).is_refused
        assert sample.verify(headers | {"webhook-timestamp": later}, BODY, given).is_refused


def test_refuses_an_old_and_a_future_payload(sample: Sample) -> None:
    secret = secrets.generate()
    for seconds in (-310, -86_400, 400):
        for given in (secret, PUBLIC):
            verdict = sample.verify(signed(secret, seconds=seconds), BODY, given)
            assert verdict.is_refused, (seconds, verdict)
            assert "five minutes" in verdict.errors
    assert sample.verify(signed(secret, seconds=-240), BODY, secret).is_valid


@pytest.mark.parametrize("text", ["soon", "-5", "1e9", "9" * 13, "9" * 40, "1764000000.5", "0x10", "1 2"])
def test_refuses_a_time_that_is_no_number(sample: Sample, text: str) -> None:
    assert sample.verify(signed() | {"webhook-timestamp": text}, BODY, PUBLIC).is_refused


def test_refuses_another_key(sample: Sample) -> None:
    headers = signed(secrets.generate())
    neighbour = keys.derive(SEED, schema="birch").public_text
    assert sample.verify(headers, BODY, secrets.generate()).is_refused
    assert sample.verify(headers, BODY, neighbour).is_refused
    assert sample.verify(headers, BODY, secrets.generate(), neighbour).is_refused


def test_refuses_a_missing_header(sample: Sample) -> None:
    secret = secrets.generate()
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        headers = signed(secret)
        del headers[name]
        verdict = sample.verify(headers, BODY, secret)
        assert verdict.is_refused
        assert "missing" in verdict.errors


def test_both_secrets_are_valid_during_a_rotation(sample: Sample) -> None:
    new, old = secrets.generate(), secrets.generate()
    during, after = signed(new, old), signed(new)
    assert sample.verify(during, BODY, old).is_valid
    assert sample.verify(during, BODY, new).is_valid
    assert sample.verify(after, BODY, old).is_refused
    assert sample.verify(after, BODY, old, new).is_valid  # a receiver may have both


def test_both_public_keys_are_valid_while_the_seed_is_replaced(sample: Sample) -> None:
    headers = signed(seeds=(NEXT_SEED, SEED))
    assert sample.verify(headers, BODY, PUBLIC).is_valid
    assert sample.verify(headers, BODY, keys.derive(NEXT_SEED, schema="acacia").public_text).is_valid


def test_skips_signatures_that_it_does_not_understand(sample: Sample) -> None:
    secret = secrets.generate()
    headers = signed(secret)
    odd = "v2,abc v1 v1, v1a, v1,!!! v1a,AAAA ,, * v1,AAAA"
    assert sample.verify(
        headers | {"webhook-signature": f"{odd} {headers['webhook-signature']}"}, BODY, secret
    ).is_valid
    for given in (secret, PUBLIC):
        assert sample.verify(headers | {"webhook-signature": odd}, BODY, given).is_refused
    # The right bytes under the other version's name.
    swapped = headers["webhook-signature"].replace("v1,", "v9,").replace("v1a,", "v1,").replace("v9,", "v1a,")
    for given in (secret, PUBLIC):
        assert sample.verify(headers | {"webhook-signature": swapped}, BODY, given).is_refused


def test_a_public_key_is_never_a_secret(sample: Sample) -> None:
    """Anybody knows the public key, so a signature that is made with it as a secret proves nothing."""
    headers = signed()
    content = f"{EVENT_ID}.{headers['webhook-timestamp']}.".encode() + BODY
    forged = base64.b64encode(hmac.new(KEY.public, content, hashlib.sha256).digest()).decode()
    for version in ("v1", "v1a"):
        assert sample.verify(headers | {"webhook-signature": f"{version},{forged}"}, BODY, PUBLIC).is_refused


@pytest.mark.parametrize("key", ["whsec_", "whsec_!!!!", "whsec_AAAA", "AAAA", "whpk_"])
def test_a_malformed_key_accepts_nothing(sample: Sample, key: str) -> None:
    """Anybody could sign with an empty secret, which is what a receiver has whose own setting is missing."""
    headers = signed()
    content = f"{EVENT_ID}.{headers['webhook-timestamp']}.".encode() + BODY
    signatures = [
        base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
        for secret in (b"", b"\0\0\0")
    ]
    headers["webhook-signature"] += "".join(f" v1,{signature}" for signature in signatures)
    verdict = sample.verify(headers, BODY, key)
    assert not verdict.is_valid
    assert verdict.code != 0


def test_without_keys_or_files_it_says_how_to_use_it(sample: Sample) -> None:
    verdict = sample.verify(signed(), BODY)
    assert verdict.code != 0
    assert "WEBHOOK_KEYS" in verdict.errors


def test_the_shell_passes_no_secret_as_an_argument(
    programs: Callable[[str], list[str]], tmp_path: Path
) -> None:
    """Everybody on a machine can read the arguments of its programs."""
    require("shell")
    real, log = shutil.which("openssl"), tmp_path / "arguments"
    wrapper = tmp_path / "bin" / "openssl"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\necho "$@" >>{log}\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    secret = secrets.generate()
    sample = Sample(language="shell", command=programs("shell"), folder=tmp_path)
    path = {"PATH": f"{wrapper.parent}:/usr/bin:/bin"}
    assert sample.verify(signed(secret), BODY, secret, environment=path).is_valid
    written = log.read_text()
    assert "dgst" in written
    raw = secrets.decoded(secret)
    for spelling in (secret.removeprefix("whsec_"), raw.hex(), raw.hex().upper()):
        assert spelling not in written


def test_verifies_a_payload_of_every_event_type(sample: Sample) -> None:
    secret = secrets.generate()
    assert TYPES
    for event_type in TYPES.values():
        payload = sample_bytes(event_type)
        headers = signed(secret, body=payload)
        for given in (secret, PUBLIC):
            assert sample.verify(headers, payload, given).is_valid, event_type.name
            assert sample.verify(headers, payload.replace(b"acacia", b"birch", 1), given).is_refused


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request, and the keys that verify it."""

    headers: Mapping[str, str]
    body: bytes
    new: str
    old: str
    public: str


def receive_one(tenant: Tenant, receiver: Receiver) -> Arrived:
    """A delivery is posted, queued and dispatched after the endpoint's secret was rotated."""
    owner = people.act_of(people.person("owner", tenant), tenant)
    master_data = make_master_data()
    made = create_endpoint(
        owner,
        name="Web shop",
        url=receiver.url("/hook"),
        event_types=["inventory.posting.receipt.v1"],
        hubs=None,
        with_values=True,
        is_enabled=True,
    )
    rotated = rotate_secret(owner, endpoint=made.endpoint)
    receive(owner, master_data, ("BOLT", "NORTH/A-1", "12", "0.25"))
    done = dispatch(owner, endpoint=made.endpoint, kind=Dispatch.Kind.ALL)
    assert done.delivered == 1
    [got] = receiver.received()
    [key] = keys.webhook_keys(schema=tenant.schema_name)
    return Arrived(got.headers, got.body, new=rotated.secret, old=made.secret, public=key.public_text)


def test_verifies_what_a_receiver_got(
    sample: Sample, committed_tenant: Callable[..., Tenant], receiver: Receiver
) -> None:
    """The bytes and headers as they arrived over TLS, while the secret is being rotated."""
    got = receive_one(committed_tenant(), receiver)
    for given in (got.new, got.old, got.public):
        verdict = sample.verify(got.headers, got.body, given)
        assert verdict.output.strip() == f"valid: {got.headers['webhook-id']}", verdict
        assert sample.verify(got.headers, got.body + b" ", given).is_refused
    assert sample.verify(got.headers, got.body, secrets.generate()).is_refused
