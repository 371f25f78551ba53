"""Environment variables: Asora reads its own names, so that a login shell or another program cannot configure it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from asora import environment

REPOSITORY = Path(__file__).resolve().parents[2]
READERS = {"flag", "number", "listed", "chosen", "certificates", "hosts_with_ports", "networks", "http_proxy"}
#: The names that hosting platforms set, and those that Django and Python define.
COMMON = {
    "DATABASE_URL",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "PORT",
    "DJANGO_SETTINGS_MODULE",
}
#: What an ordinary login sets, or another program.
LOGIN = {
    "HOME": "/nonexistent",
    "PATH": os.environ["PATH"],
    "LANG": "en_US.UTF-8",
    "MAIL": "/var/mail/anna",
    "DEBUG": "*",
    "HTTPS": "1",
    "DOMAIN": "corp.example",
    "TZ": "Europe/Berlin",
    "LOG_LEVEL": "debug",
    "STATIC_ROOT": "/nonexistent",
    "ALLOWED_HOSTS": "other.example",
}
SHOWN = ("DEBUG", "HTTPS", "DOMAIN", "MAIL", "ALLOWED_HOSTS", "TIME_ZONE", "STATIC_ROOT")
SHOW = f"""
import json
from asora import settings
shown = {{name: str(getattr(settings, name)) for name in {SHOWN!r}}}
print(json.dumps(shown | {{"level": settings.LOGGING["root"]["level"]}}))
"""


def ask(code: str = SHOW, **variables: str) -> subprocess.CompletedProcess[str]:
    """The output of Python in exactly this environment."""
    home = {"ASORA_HOME": os.environ.get("ASORA_TESTS_HOME", str(REPOSITORY / ".asora" / "test"))}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=LOGIN | home | variables,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )


def test_a_login_shell_configures_nothing():
    asked = ask()
    assert asked.returncode == 0, asked.stderr
    shown = json.loads(asked.stdout)
    assert shown == {
        "DEBUG": "False",
        "HTTPS": "False",
        "DOMAIN": "localhost",
        "MAIL": "console",
        "ALLOWED_HOSTS": "['localhost', '.localhost']",
        "TIME_ZONE": "UTC",
        "STATIC_ROOT": str(REPOSITORY / "staticfiles"),
        "level": "INFO",
    }


def test_asoras_own_names_do():
    own = {"ASORA_DEBUG": "1", "ASORA_HTTPS": "yes", "ASORA_DOMAIN": "stock.example", "ASORA_MAIL": "file"}
    shown = json.loads(ask(**own).stdout)
    assert (shown["DEBUG"], shown["HTTPS"], shown["DOMAIN"], shown["MAIL"]) == (
        "True",
        "True",
        "stock.example",
        "file",
    )


def test_keys_of_before_come_from_the_environment():
    asked = ask(
        "from asora import settings; print(settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS)",
        SECRET_KEY="new",
        SECRET_KEY_FALLBACKS="old, older",
    )
    assert asked.stdout == "new ['old', 'older']\n"


def test_hosts_and_a_proxy_are_read_with_their_ports(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ASORA_OUTBOUND_ALLOWED", "WMS.internal:443, [fd00::5]:8443,10.0.0.7:9000")
    monkeypatch.setenv("ASORA_OUTBOUND_PROXY", "http://asora:p%40ss@proxy.internal:3128/")
    assert environment.hosts_with_ports("ASORA_OUTBOUND_ALLOWED") == {
        ("wms.internal", 443),
        ("fd00::5", 8443),
        ("10.0.0.7", 9000),
    }
    assert environment.http_proxy("ASORA_OUTBOUND_PROXY") == ("proxy.internal", 3128, "YXNvcmE6cEBzcw==")
    monkeypatch.setenv("ASORA_OUTBOUND_PROXY", "")
    assert environment.http_proxy("ASORA_OUTBOUND_PROXY") is None


def names_read() -> Iterator[tuple[str, str]]:
    """Every variable that the product reads, and where."""
    sources = [REPOSITORY / "manage.py", *(REPOSITORY / "asora").rglob("*.py")]
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text())):
            key: ast.expr | None = None
            match node:
                case ast.Call(func=ast.Name(id=reader), args=[first, *_]) if reader in READERS:
                    key = first
                case ast.Call(func=ast.Attribute(value=value), args=[first, *_]) if is_environment(value):
                    key = first
                case ast.Subscript(value=value, slice=first) if is_environment(value):
                    key = first
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, str(path.relative_to(REPOSITORY))


def is_environment(node: ast.expr) -> bool:
    return ast.unparse(node) == "os.environ"


def test_no_other_name_is_read():
    read = dict(names_read())
    assert {"ASORA_MAIL", "ASORA_DOMAIN", "ASORA_HTTPS", "DATABASE_URL", "PORT"} <= set(read)
    assert {name for name in read if not name.startswith("ASORA_")} <= COMMON
    assert not set(environment.FORMER) & set(read)


@pytest.mark.parametrize(
    ("variables", "output"),
    [
        ({"ASORA_MAIL": "/var/mail/anna"}, "ASORA_MAIL must be one of console, file, smtp."),
        ({"ASORA_HTTPS": "*"}, "ASORA_HTTPS must be 1 or 0."),
        ({"PORT": "tcp://10.0.0.1:80"}, "PORT must be a number."),
        ({"ASORA_OUTBOUND_CA_FILE": "/nonexistent"}, "ASORA_OUTBOUND_CA_FILE must be a PEM file"),
        ({"ASORA_OUTBOUND_CA_FILE": "/etc/hostname"}, "ASORA_OUTBOUND_CA_FILE must be a PEM file"),
        ({"ASORA_OUTBOUND_ALLOWED": "wms.internal"}, "ASORA_OUTBOUND_ALLOWED must name a host and a port"),
        ({"ASORA_OUTBOUND_ALLOWED": "a:443, b:99999"}, "ASORA_OUTBOUND_ALLOWED must name a host and a port"),
        ({"ASORA_OUTBOUND_DENIED": "198.41.0.1/24"}, "ASORA_OUTBOUND_DENIED must be networks"),
        ({"ASORA_OUTBOUND_PROXY": "https://proxy:3128"}, "ASORA_OUTBOUND_PROXY must start with http://"),
        ({"ASORA_OUTBOUND_PROXY": "http://proxy"}, "ASORA_OUTBOUND_PROXY must name a host and a port"),
        ({"ASORA_LOG_LEVEL": "loud"}, "ASORA_LOG_LEVEL must be one of"),
        ({"DATABASE_URL": "mysql://x", "SECRET_KEY": "k"}, "DATABASE_URL must start with postgresql://"),
        ({"DATABASE_URL": "postgresql://x/y"}, "Set SECRET_KEY"),
        ({"DATABASE_URL": "postgresql://x/y", "SECRET_KEY": "k"}, "Set ASORA_MAIL to smtp or file"),
        (
            {"DATABASE_URL": "postgresql://x/y", "SECRET_KEY": "k", "ASORA_MAIL": "console"},
            "Set ASORA_MAIL to smtp or file",
        ),
    ],
)
def test_impossible_values_are_reported_in_one_sentence(variables, output):
    """In production, links that let somebody in must not be printed: ASORA_MAIL=console is refused there."""
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=REPOSITORY,
        env=LOGIN | {"ASORA_HOME": os.environ.get("ASORA_TESTS_HOME", "")} | variables,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(output)


def test_a_name_of_an_earlier_release_is_pointed_out(monkeypatch):
    """Only `check --deploy` warns: on a laptop MAIL is a mailbox, and that is fine."""
    from asora.startup import guarantees

    for name in environment.FORMER:
        monkeypatch.delenv(name, raising=False)
    assert guarantees.former_names(None) == []
    monkeypatch.setenv("DOMAIN", "stock.example")
    (warning,) = guarantees.former_names(None)
    assert "ASORA_DOMAIN" in str(warning.msg)
    monkeypatch.setenv("ASORA_DOMAIN", "stock.example")
    assert guarantees.former_names(None) == []
