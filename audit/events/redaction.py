"""The redactor: removes secrets before a value is stored or shown.

It checks the names of keys, and searches texts (including JSON inside texts) with named detectors. It has no entropy
rule, which would remove every hash. What was removed is recorded by path and rule, never by value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MASK = "[redacted]"

SECRET_KEYS = re.compile(
    r"(?:^|[_\-.])(?:pass(?:word|wd|phrase)s?|secrets?|tokens?|authorization|cookies?|api[_-]?keys?|private[_-]?keys?"
    r"|credentials?|csrf\w*|session[_-]?(?:id|key)s?|otp|recovery[_-]?codes?)(?:$|[_\-.\d])",
    re.IGNORECASE,
)
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # accessToken is access_Token

DETECTORS: Mapping[str, re.Pattern[str]] = {
    "private_key": re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    ),
    "json_web_token": re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{5,}"),
    "bearer": re.compile(r"\b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/-]{12,}=*", re.IGNORECASE),
    "aws_access_key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "webhook_secret": re.compile(r"\bwhsec_[A-Za-z0-9+/=]{16,}"),
    "feed_token": re.compile(r"\basora_feed_[A-Za-z0-9]{20,}"),
    "github_token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}\b"),
    "slack_token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "url_password": re.compile(r"(?<=://)[^\s/:@]+:[^\s/@]+(?=@)"),
}
_SUSPICIOUS = re.compile(
    r"PRIVATE KEY|eyJ|bearer|basic|AKIA|ASIA|whsec_|asora_feed_|gh[pousr]_|xox|://", re.IGNORECASE
)


def redact(value: object) -> tuple[Any, list[dict[str, str]]]:
    """A copy of `value` (JSON-ready) without secrets, and what was removed: [{path, rule}]."""
    removed: list[dict[str, str]] = []
    return _clean(value, "", removed), removed


def _clean(value: object, path: str, removed: list[dict[str, str]]) -> object:
    match value:
        case Mapping():
            return {name: _clean_entry(name, entry, path, removed) for name, entry in value.items()}
        case list() | tuple():
            return [_clean(entry, f"{path}[{number}]", removed) for number, entry in enumerate(value)]
        case str():
            return _clean_text(value, path, removed)
        case _:
            return value


def _clean_entry(name: object, entry: object, path: str, removed: list[dict[str, str]]) -> object:
    inner = f"{path}.{name}" if path else str(name)
    if (
        SECRET_KEYS.search(HUMP.sub("_", str(name)))
        and entry not in (None, "", [], {})
        and not isinstance(entry, bool)
    ):
        removed.append({"path": inner, "rule": "key_name"})
        return MASK
    return _clean(entry, inner, removed)


def _clean_text(text: str, path: str, removed: list[dict[str, str]]) -> str:
    if text[:1] in "{[" and text[-1:] in "}]" and len(text) > 2:
        try:
            inside = json.loads(text)
        except (ValueError, RecursionError):
            pass  # not JSON, or nested too deep: the detectors below still check it
        else:
            found: list[dict[str, str]] = []
            cleaned = _clean(inside, path, found)
            if found:
                removed.extend(found)
                return json.dumps(cleaned, ensure_ascii=False)
            return text
    if not _SUSPICIOUS.search(text):
        return text
    for rule, pattern in DETECTORS.items():
        text, count = pattern.subn(MASK, text)
        if count:
            removed.append({"path": path, "rule": rule})
    return text
