"""Settings of the desk's mail that would be unsafe are refused at start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CASES = {
    "no key": ({"ASORA_INBOUND_MAIL": "mailersend"}, "Set ASORA_INBOUND_MAIL_KEY"),
    "unknown provider": ({"ASORA_INBOUND_MAIL": "mailgun"}, "ASORA_INBOUND_MAIL must be one of"),
    "unencrypted": (
        {"ASORA_IMAP_HOST": "mail.example.org", "ASORA_IMAP_TLS": "0"},
        "ASORA_IMAP_TLS=0 would send",
    ),
    "no address": ({"ASORA_SUPPORT_ADDRESS": "support"}, "must be addresses without a plus sign"),
    "plus": (
        {"ASORA_SUPPORT_ADDRESS": "s@example.org", "ASORA_SUPPORT_REPLY_ADDRESS": "a+b@example.org"},
        "must be addresses without a plus sign",
    ),
}
GOOD = {"ASORA_SUPPORT_ADDRESS": "support@example.org", "ASORA_IMAP_HOST": "mail.example.org"}


def started(values: dict[str, str]) -> subprocess.CompletedProcess[str]:
    code = "from asora import settings; print(settings.ASORA_SUPPORT_REPLY_ADDRESS)"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env={**os.environ, **values}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("values", "message"), CASES.values(), ids=CASES)
def test_unsafe_settings_are_refused(values: dict[str, str], message: str) -> None:
    done = started(values)
    assert (done.returncode, message in done.stderr) == (1, True), done.stderr


def test_the_reply_address_is_on_the_same_domain() -> None:
    assert started(GOOD).stdout.strip() == "reply@example.org"
    assert started({"ASORA_SUPPORT_ADDRESS": ""}).stdout.strip() == ""
