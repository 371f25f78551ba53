"""A provider's post is taken in only with its signature over the whole post."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from typing import Any

import pytest

from plans.models import Tenant
from support.mail.addresses import reply_address
from support.mail.models import InboundMail
from support.tickets.models import Participant
from tests.support.mail.mails import mail

ADDRESS, KEY = "/support/mail/", "a key of the provider"


@pytest.fixture
def provider(settings: Any) -> Any:
    settings.ASORA_INBOUND_MAIL, settings.ASORA_INBOUND_MAIL_KEY = "mailersend", KEY
    return settings


def post(client: Any, raw: bytes, *, key: str = KEY, to: tuple[str, ...] = (), **changed: Any) -> Any:
    told = {
        "type": "inbound.message",
        "data": {"raw": raw.decode(), "recipients": {"rcptTo": [{"email": one} for one in to]}},
        **changed,
    }
    body = json.dumps(told)
    signature = hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()
    return client.post(ADDRESS, body, content_type="application/json", headers={"Signature": signature})


def test_a_signed_post_is_taken_once(
    asker: Participant, provider: Any, public: Tenant, client_as: Any
) -> None:
    raw = mail(to="list@elsewhere.test", sender=asker.address)
    for _time in range(2):
        answered = post(client_as(tenant=public), raw, to=(reply_address(asker.pk),))
        assert answered.status_code == 204
    row = InboundMail.objects.get()
    assert (row.verdict, row.ticket, row.channel) == ("answer", asker.ticket, "webhook")


def test_without_a_valid_signature_nothing_is_read(provider: Any, public: Tenant, client_as: Any) -> None:
    client = client_as(tenant=public)
    assert post(client, mail(), key="another key").status_code == 401
    assert client.post(ADDRESS, "{}", content_type="application/json").status_code == 401
    signed = hmac.new(KEY.encode(), b"{}", hashlib.sha256).hexdigest()
    changed = client.post(ADDRESS, '{"a": 1}', content_type="application/json", headers={"Signature": signed})
    assert changed.status_code == 401
    assert not InboundMail.objects.exists()


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'"x"', b"nonsense", b'{"data": {"raw": 1}}', b'{"data": null}', b"\xff"]
)
def test_a_signed_post_about_no_mail_is_refused(
    provider: Any, public: Tenant, client_as: Any, body: bytes
) -> None:
    signed = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    answered = client_as(tenant=public).post(
        ADDRESS, body, content_type="application/json", headers={"Signature": signed}
    )
    assert answered.status_code == 400


def test_mandrill_is_read_too(asker: Participant, provider: Any, public: Tenant, client_as: Any) -> None:
    provider.ASORA_INBOUND_MAIL = "mandrill"
    raw = mail(to=reply_address(asker.pk), sender=asker.address)
    events = json.dumps(
        [
            {"event": "inbound", "msg": {"raw_msg": raw.decode(), "email": reply_address(asker.pk)}},
            {"event": "open", "msg": {}},
        ]
    )
    signed = f"http://localhost{ADDRESS}mandrill_events{events}".encode()
    signature = b64encode(hmac.new(KEY.encode(), signed, hashlib.sha1).digest()).decode()
    client = client_as(tenant=public)
    for given, status in (("x", 401), (signature, 204)):
        answered = client.post(ADDRESS, {"mandrill_events": events}, headers={"X-Mandrill-Signature": given})
        assert answered.status_code == status
    assert InboundMail.objects.get().ticket == asker.ticket


@pytest.mark.parametrize(("name", "address"), [("off", "support@asora.test"), ("mailersend", "")])
def test_it_does_not_exist_until_it_is_configured(
    settings: Any, public: Tenant, client_as: Any, name: str, address: str
) -> None:
    settings.ASORA_INBOUND_MAIL, settings.ASORA_INBOUND_MAIL_KEY = name, KEY
    settings.ASORA_SUPPORT_ADDRESS = address
    assert post(client_as(tenant=public), mail()).status_code == 404
    assert not InboundMail.objects.exists()


def test_a_provider_may_ask_whether_the_address_exists(provider: Any, public: Tenant, client_as: Any) -> None:
    assert client_as(tenant=public).head(ADDRESS).status_code == 200
    provider.ASORA_INBOUND_MAIL = "off"
    assert client_as(tenant=public).head(ADDRESS).status_code == 404
