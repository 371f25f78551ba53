"""The headers that sign a payload, as the Standard Webhooks specification (version 1) writes them."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

from integrations.signatures.keys import WebhookKey

#: No dot, which separates the id from the time in the signed text, and no line break, which would end the header.
EVENT_ID = re.compile(r"[A-Za-z0-9_:-]{1,80}")


def headers(
    secrets: Sequence[bytes],
    webhook_keys: Sequence[WebhookKey],
    *,
    event_id: str,
    moment: datetime,
    body: bytes,
) -> dict[str, str]:
    """The headers `webhook-id`, `webhook-timestamp` and `webhook-signature` of one attempt.

    Each secret adds a signature `v1` (HMAC with SHA-256) and each key a signature `v1a` (Ed25519). A receiver accepts
    the payload if one of them is valid, so two secrets overlap during a rotation.

    Args:
        secrets: the endpoint's secrets that are valid now, newest first.
        webhook_keys: the tenant's keys that are valid now, newest first.
        event_id: the same for every attempt. Letters, digits, `_`, `:` and `-`.
        moment: when this attempt starts, with a time zone. Signed as whole seconds.
        body: the exact bytes that are sent, in UTF-8.

    Raises:
        ValueError: the id has another character, the moment has no time zone, or nothing can sign.
    """
    if not EVENT_ID.fullmatch(event_id):
        raise ValueError("an event id has letters, digits, underscores, colons and hyphens only")
    if moment.tzinfo is None:
        raise ValueError("the moment of an attempt has a time zone")
    if not secrets and not webhook_keys:
        raise ValueError("a payload is never sent without a signature")
    moment = moment.astimezone(UTC)  # the library would read the digits of any other zone as UTC
    seconds = str(int(moment.timestamp()))
    text = body.decode()
    shared = [Webhook(secret).sign(event_id, moment, text) for secret in secrets]
    content = f"{event_id}.{seconds}.".encode() + body
    public = [f"v1a,{base64.b64encode(key.sign(content)).decode()}" for key in webhook_keys]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(shared + public),
    }
