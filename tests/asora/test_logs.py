"""Log lines: none contains a secret that was part of a URL, and each has its request id and its tenant."""

from __future__ import annotations

import io
import json
import logging
import runpy
import sys

import pytest
import structlog
from django.utils.module_loading import import_string
from gunicorn.config import Config

from asora import logs, settings
from asora.kernel.act import new_act
from asora.kernel.actors import system

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


@pytest.mark.parametrize(
    "secret",
    [
        "asora_feed_kHR1oqz6u7IqZHudu6Z9MHqFU0vlGjwt1jFEYx",
        "whsec_q3/8Zt+kXnQ0w2S5eYb7Lr4Vd1Uc6Ph9Jm0Ga2Fx5s=",
        "whsec_q3%2F8Zt%2BkXnQ0w2S5eYb7Lr4Vd1Uc6Ph9Jm0Ga2Fx5s%3D",
    ],
)
@pytest.mark.parametrize("address", ["/integrations/feed/{}", "/{}/", "https://a.example/x?token={}&after=1"])
def test_a_secret_of_an_integration_is_not_printed_either(formatted, address, secret):
    line = formatted("Not Found: %s", address.format(secret))
    assert json.loads(line)["event"].startswith("Not Found: " + address.partition("{}")[0])
    assert secret[14:] not in line
    assert "[secret]" in line


def test_nor_in_the_trace_of_an_error_or_inside_of_something(formatted):
    try:
        raise ValueError(ADDRESSES[0])
    except ValueError:
        line = formatted("failed", exc_info=sys.exc_info())
    assert "ValueError" in json.loads(line)["exception"]
    assert SECRET not in line
    record = logging.LogRecord("x", logging.INFO, __file__, 1, {"seen": [{"at": ADDRESSES[0]}]}, (), None)
    assert SECRET not in str(logs.hide_secrets(None, "info", {"event": record.msg}))


def test_other_addresses_are_printed_as_they_are(formatted):
    for address in ("/items/CH-1100/", "/sign-in/", "/invitation/", "/settings/staff/u-abc/"):
        assert json.loads(formatted("%s", address))["event"] == address


@pytest.fixture
def lines(monkeypatch):
    """The lines that are printed from now on, as JSON."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(**logs.STRUCTURED))
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [handler])
    monkeypatch.setattr(root, "level", logging.INFO)
    for name in ("asora.request", "asora.mail", "django.request", "procrastinate.worker"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    root.setLevel(logging.INFO)  # clears the loggers' cached levels of earlier tests
    return lambda: [json.loads(line) for line in handler.stream.getvalue().splitlines()]


def test_a_line_of_a_command_has_the_id_of_its_act_and_its_tenant(acacia, lines):
    act = new_act(acacia, system(acacia.schema_name, "invite"), route="manage.py invite")
    structlog.get_logger("asora.mail").warning("mail not sent")
    logging.getLogger("some.library").warning("something")
    assert [(line["request_id"], line["tenant"]) for line in lines()] == [(act.request_id, "acacia")] * 2


def test_a_line_of_the_queue_has_the_tenant_and_the_job(lines):
    """A library writes it, with no tenant bound, also for jobs that ended with an error."""
    job = {"task_kwargs": {"schema": "t_north_sea", "job": "0192"}}
    logging.getLogger("procrastinate.worker").error("Job ended with status: Error", extra={"job": job})
    (line,) = lines()
    assert (line["tenant"], line["job"]) == ("north-sea", "0192")


def test_a_line_of_a_request_has_both_whatever_came_of_it(acacia, client_as, lines, monkeypatch):
    client = client_as("owner")
    client.raise_request_exception = False
    monkeypatch.setattr("asora.pages.dashboard.respond", None)
    answers = [client.get(address) for address in ("/items/", "/nowhere/", "/")]
    assert [answer.status_code for answer in answers] == [200, 404, 500]
    written = [line for line in lines() if line["logger"] in ("asora.request", "django.request")]
    assert {line["logger"] for line in written} == {"asora.request", "django.request"}
    known = {answer["X-Request-ID"] for answer in answers}
    assert {line["request_id"] for line in written} == known
    assert {line["tenant"] for line in written} == {"acacia"}


def test_problems_of_readiness_are_logged_with_the_id_of_the_response(
    db, client_as, lines, monkeypatch, public
):
    monkeypatch.setattr("asora.startup.guarantees.problems", lambda: ["something"])
    answer = client_as(tenant=public).get("/readyz")
    assert [line["event"] for line in lines()] == ["not ready", "Service Unavailable: /readyz"]
    assert {line["request_id"] for line in lines()} == {answer["X-Request-ID"]}


def test_where_there_is_no_tenant_none_is_named(db, lines):
    structlog.get_logger("asora.startup").warning("the database does not answer yet")
    assert "tenant" not in lines()[0]


def test_the_servers_own_lines_look_the_same(capsys):
    """gunicorn reads gunicorn.conf.py in its folder."""
    names = runpy.run_path("gunicorn.conf.py")
    logger = import_string(names["logger_class"])(Config())
    logger.critical("WORKER TIMEOUT (pid:%s)", 7)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"]) == ("WORKER TIMEOUT (pid:7)", "critical")
