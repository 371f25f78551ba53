"""What no line of the log may hold: the secret part of a link that lets somebody in."""

from __future__ import annotations

import json
import logging
import sys

import pytest
import structlog

from asora import settings

SECRET = "eyJyIjoidS0xIn0:1vXyZ:abc-def_ghi"
ADDRESSES = [
    f"/invitation/{SECRET}/",
    f"/invitation/{SECRET}",
    f"/invitation/{SECRET}/and/more/",
    f"/sign-in/reset/{SECRET}/",
    f"http://acacia.localhost:8000/invitation/{SECRET}/?next=/",
    f"/Invitation/{SECRET}/",
]


@pytest.fixture
def formatted():
    """A record of the standard library's log as it is printed."""
    options = {
        name: value for name, value in settings.LOGGING["formatters"]["structured"].items() if name != "()"
    }
    formatter = structlog.stdlib.ProcessorFormatter(**options)

    def make(*message, exc_info=None):
        record = logging.LogRecord(
            "django.request", logging.ERROR, __file__, 1, message[0], message[1:], exc_info
        )
        return formatter.format(record)

    return make


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_link_is_not_printed(formatted, address):
    line = formatted("%s: %s", "Internal Server Error", address)
    assert SECRET not in line
    assert "[link]" in json.loads(line)["event"]


def test_nor_in_the_trace_of_an_error_or_inside_of_something(formatted):
    try:
        raise ValueError(ADDRESSES[0])
    except ValueError:
        line = formatted("failed", exc_info=sys.exc_info())
    assert "ValueError" in json.loads(line)["exception"]
    assert SECRET not in line
    record = logging.LogRecord("x", logging.INFO, __file__, 1, {"seen": [{"at": ADDRESSES[0]}]}, (), None)
    assert SECRET not in str(settings.hide_links(None, "info", {"event": record.msg}))


def test_other_addresses_are_printed_as_they_are(formatted):
    for address in ("/items/CH-1100/", "/sign-in/", "/invitation/", "/settings/staff/u-abc/"):
        assert json.loads(formatted("%s", address))["event"] == address
