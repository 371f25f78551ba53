#!/usr/bin/env python3
"""Verify that a payload comes from Asora and that nobody changed it. Needs Python 3.8 or newer.

In your receiver:     from verify import verify
                      event_id = verify(request.headers, request_body_bytes, keys)
In a terminal:        WEBHOOK_KEYS="whsec_... whpk_..." python3 verify.py HEADERS BODY

A key is the secret of the endpoint (whsec_...) or the public key of your tenant (whpk_..., needs the package
cryptography). HEADERS is a file with one header per line, BODY a file with the exact bytes that arrived.
"""

import base64
import hashlib
import hmac
import os
import re
import sys
import time
from pathlib import Path

TOLERANCE = 300  # seconds; needs a clock that is right


class Refused(Exception):
    """Do not use this payload. The text says why."""


def verify(headers, body, keys):
    """Return the id of the event, the same for every attempt. Raises Refused, or ValueError for a malformed key."""
    given = {name.lower(): value for name, value in headers.items()}
    event_id, seconds, signatures = (
        given.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    if not (event_id and seconds and signatures):
        raise Refused("a header is missing")
    if not re.fullmatch(r"[0-9]{1,12}", seconds) or abs(time.time() - int(seconds)) > TOLERANCE:
        raise Refused("the time of the payload is not within five minutes of now")
    signed = f"{event_id}.{seconds}.".encode() + body
    for signature in signatures.split(" "):
        version, _, text = signature.partition(",")
        try:
            raw = base64.b64decode(text, validate=True)
        except ValueError:
            continue
        if any(is_valid(version, raw, signed, key) for key in keys):
            return event_id
    raise Refused("no signature is valid")


def is_valid(version, signature, signed, key):
    """Compare one signature with one key. `v1` is made with the secret, `v1a` with the tenant's private key."""
    kind, _, text = key.partition("_")
    if kind not in ("whsec", "whpk"):
        raise ValueError("a key starts with whsec_ or whpk_")
    raw = base64.b64decode(text, validate=True)
    if kind == "whsec" and not 24 <= len(raw) <= 64:
        raise ValueError("a secret has 24 to 64 bytes")
    if kind == "whsec" and version == "v1":
        return hmac.compare_digest(hmac.new(raw, signed, hashlib.sha256).digest(), signature)
    if kind == "whpk" and version == "v1a":
        return is_valid_ed25519(raw, signature, signed)
    return False


def is_valid_ed25519(public_key, signature, signed):
    """Check an Ed25519 signature."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def main():
    """Verify the two files that the command line names."""
    keys = os.environ.get("WEBHOOK_KEYS", "").split()
    if len(sys.argv) != 3 or not keys:
        sys.exit(__doc__)
    lines = Path(sys.argv[1]).read_text().splitlines()
    headers = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    try:
        print("valid:", verify(headers, Path(sys.argv[2]).read_bytes(), keys))
    except Refused as reason:
        sys.exit(f"refused: {reason}")


if __name__ == "__main__":
    main()
